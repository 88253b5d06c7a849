//! HTTP requests and responses as the transport port carries them.

use std::{borrow::Cow, fmt};

use crate::{Timestamp, timestamp};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Headers whose values no log may show.
const SECRET: [&str; 3] = ["authorization", "cookie", "set-cookie"];

/// The methods of RFC 9110, without the two that browsers forbid (`CONNECT`, `TRACE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl Method {
    /// The name as HTTP writes it: `GET`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }
}

/// Header fields. Names are compared without regard to case; each name has one value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The value of a header, if it is there.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    /// Sets a header and replaces an earlier value of it.
    pub fn set(&mut self, name: &str, value: String) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.0.push((name.to_owned(), value));
    }

    /// All names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Does not show credentials.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.iter().map(|(name, value)| {
            let secret = SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret));
            (name, if secret { "(hidden)" } else { value })
        });
        f.debug_map().entries(shown).finish()
    }
}

/// A request body: bytes and what they are.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    /// The media type, sent as `Content-Type`.
    pub content_type: Cow<'static, str>,
    pub bytes: Vec<u8>,
}

impl Body {
    /// A JSON text.
    pub fn json(text: String) -> Self {
        Self {
            content_type: JSON.into(),
            bytes: text.into_bytes(),
        }
    }

    /// A form (`application/x-www-form-urlencoded`) that is encoded already.
    pub fn form(text: String) -> Self {
        Self {
            content_type: FORM.into(),
            bytes: text.into_bytes(),
        }
    }

    /// The bytes, if they are declared as JSON.
    pub fn as_json(&self) -> Option<&[u8]> {
        (self.content_type == JSON).then_some(&self.bytes)
    }

    /// The text, if it is declared as a form.
    pub fn as_form(&self) -> Option<&str> {
        let declared = (self.content_type == FORM).then_some(&self.bytes)?;
        std::str::from_utf8(declared).ok()
    }
}

/// Shows type and size only: a form may carry credentials, and a push carries content.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.content_type, self.bytes.len())
    }
}

/// An HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    /// Path and query, from the server's root: `/api/v1/sync/push`.
    pub path: String,
    /// Without `Content-Type`, which belongs to the body.
    pub headers: Headers,
    pub body: Option<Body>,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Headers::default(),
            body: None,
        }
    }

    /// A `GET` request.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::Get, path)
    }

    /// A request with a JSON body.
    pub fn json(method: Method, path: impl Into<String>, text: String) -> Self {
        Self::new(method, path).with_body(Body::json(text))
    }

    /// A `POST` request with a form that is encoded already.
    pub fn form(path: impl Into<String>, text: String) -> Self {
        Self::new(Method::Post, path).with_body(Body::form(text))
    }

    /// The request with a body.
    #[must_use]
    pub fn with_body(mut self, body: Body) -> Self {
        self.body = Some(body);
        self
    }

    /// The request with a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: String) -> Self {
        self.headers.set(name, value);
        self
    }

    /// The request with an access token (RFC 6750). `Debug` does not show it.
    #[must_use]
    pub fn with_bearer(self, token: &str) -> Self {
        self.with_header("Authorization", format!("Bearer {token}"))
    }

    /// The access token, if the request carries one.
    pub fn bearer(&self) -> Option<&str> {
        self.headers.get("Authorization")?.strip_prefix("Bearer ")
    }
}

/// An HTTP response of any status. Whether it comes from the server is for the engine to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: Headers,
    pub body: Vec<u8>,
}

impl Response {
    /// A response without headers.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Headers::default(),
            body: body.into(),
        }
    }

    /// The response with a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: String) -> Self {
        self.headers.set(name, value);
        self
    }

    /// The wait that `Retry-After` asks for, in seconds. `None` also for its other form, a date.
    pub fn retry_after(&self) -> Option<u64> {
        self.headers.get("Retry-After")?.trim().parse().ok()
    }

    /// The server's clock when it answered (`Date`), rounded down to the second.
    pub fn date(&self) -> Option<Timestamp> {
        timestamp::parse_http(self.headers.get("Date")?)
    }

    /// The body as text; bytes that are not UTF-8 become replacement characters.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// As [`Self::text`], without a copy of what is UTF-8.
    pub fn into_text(self) -> String {
        String::from_utf8(self.body)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_whatever_its_case_and_set_once() {
        let mut headers = Headers::default();
        headers.set("Retry-After", "7".to_owned());
        headers.set("retry-after", "8".to_owned());
        assert_eq!(headers.get("RETRY-AFTER"), Some("8"));
        assert_eq!(headers.iter().count(), 1);
        assert_eq!(headers.get("Date"), None);
    }

    #[test]
    fn debug_shows_no_credentials_and_no_content() {
        let request = Request::form("/oauth/token", "code=s3cret".to_owned()).with_bearer("t0ken");
        let shown = format!("{request:?}");
        assert!(!shown.contains("s3cret") && !shown.contains("t0ken"), "{shown}");
        assert!(
            shown.contains("/oauth/token") && shown.contains("11 bytes"),
            "{shown}"
        );
        assert_eq!(request.bearer(), Some("t0ken"));
        let response = Response::new(200, "").with_header("Set-Cookie", "s3cret".to_owned());
        assert!(!format!("{response:?}").contains("s3cret"));
    }

    #[test]
    fn a_body_is_read_as_what_it_is_declared_to_be() {
        let (json, form) = (Body::json("{}".to_owned()), Body::form("a=b".to_owned()));
        assert_eq!((json.as_json(), json.as_form()), (Some(&b"{}"[..]), None));
        assert_eq!((form.as_json(), form.as_form()), (None, Some("a=b")));
    }

    #[test]
    fn a_response_tells_wait_and_time() {
        let table = [
            ("7", Some(7)),
            (" 30 ", Some(30)),
            ("Tue, 01 Dec 2026 02:40:54 GMT", None),
            ("-1", None),
        ];
        for (value, wait) in table {
            let response = Response::new(503, "").with_header("retry-after", value.to_owned());
            assert_eq!(response.retry_after(), wait, "{value}");
        }
        let at = "2026-12-01T02:40:54Z".parse().unwrap();
        for (value, date) in [
            ("Tue, 01 Dec 2026 02:40:54 GMT", Some(at)),
            ("yesterday", None),
            ("", None),
        ] {
            let response = Response::new(200, "").with_header("date", value.to_owned());
            assert_eq!(response.date(), date, "{value}");
        }
        assert_eq!(timestamp::in_http(at), "Tue, 01 Dec 2026 02:40:54 GMT");
        assert_eq!(Response::new(200, vec![0x61, 0xff]).into_text(), "a\u{fffd}");
    }
}
