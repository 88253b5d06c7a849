//! Headers that every response carries.
//!
//! JSON is data and no document: it carries what keeps it from being taken for one, from loading or running anything
//! should it be opened by itself, and from being read by other origins. The rest is about pages, and would be more
//! bytes than many answers of sync have.
//!
//! The Content-Security-Policy admits nothing inline. The app's build writes one small inline module script into
//! `index.html`; its hash comes beside it, in `csp.json` of the web folder:
//! `{"scriptSrc": ["'sha256-…'"]}`.

use std::path::{Path, PathBuf};

use axum::http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use super::transport_security::TransportSecurity;

/// Cameras and positions belong to field work; the rest does not.
const PERMISSIONS: &str = "camera=(self), geolocation=(self), microphone=(), payment=(), usb=(), serial=(), \
                           display-capture=(), browsing-topics=()";

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

#[derive(Debug, thiserror::Error)]
pub enum CspError {
    #[error("cannot read {path}: {source}. Build the app again")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} is not the script hash list it should be: {source}. Build the app again")]
    Parse {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("{path} lists {entry:?}, which is not a hash like 'sha256-…'. Build the app again")]
    NoHash { path: PathBuf, entry: String },
    #[error("the Content-Security-Policy cannot be sent as a header: {0}")]
    Header(#[from] axum::http::header::InvalidHeaderValue),
}

#[derive(Debug, Default, Deserialize)]
struct ScriptHashes {
    #[serde(rename = "scriptSrc", default)]
    script_src: Vec<String>,
}

/// Of data: nothing may be loaded, and nobody may frame it.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The headers, ready to be copied onto responses.
#[derive(Debug)]
pub struct SecurityHeaders {
    pages: HeaderMap,
    data: HeaderMap,
}

impl SecurityHeaders {
    /// Reads the script hashes of the app in `web`. `transport` is none where browsers do not come by TLS.
    pub fn for_app(web: &Path, transport: Option<TransportSecurity>) -> Result<Self, CspError> {
        let hashes = read_hashes(&web.join("csp.json"))?;
        let mut data = HeaderMap::new();
        data.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(DATA_POLICY));
        data.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        data.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
        if let Some(transport) = transport {
            data.insert(
                STRICT_TRANSPORT_SECURITY,
                HeaderValue::try_from(transport.header())?,
            );
        }
        let mut pages = data.clone();
        pages.insert(CONTENT_SECURITY_POLICY, HeaderValue::try_from(policy(&hashes))?);
        pages.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        pages.insert(PERMISSIONS_POLICY, HeaderValue::from_static(PERMISSIONS));
        pages.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
        Ok(Self { pages, data })
    }

    /// Those for a response of a type.
    pub(super) fn of(&self, content_type: Option<&HeaderValue>) -> &HeaderMap {
        match content_type.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json")) {
            true => &self.data,
            false => &self.pages,
        }
    }
}

fn policy(script_hashes: &[String]) -> String {
    let mut script_src = "script-src 'self' 'wasm-unsafe-eval'".to_owned();
    for hash in script_hashes {
        script_src.push(' ');
        script_src.push_str(hash);
    }
    [
        "default-src 'self'",
        &script_src,
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ]
    .join("; ")
}

fn read_hashes(path: &Path) -> Result<Vec<String>, CspError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => {
            return Err(CspError::Read {
                path: path.to_owned(),
                source,
            });
        }
    };
    let hashes: ScriptHashes = serde_json::from_str(&text).map_err(|source| CspError::Parse {
        path: path.to_owned(),
        source,
    })?;
    match hashes.script_src.iter().find(|entry| !is_hash(entry)) {
        Some(entry) => Err(CspError::NoHash {
            path: path.to_owned(),
            entry: entry.clone(),
        }),
        None => Ok(hashes.script_src),
    }
}

/// Anything else in that file ('unsafe-inline', another directive) would weaken the policy.
fn is_hash(entry: &str) -> bool {
    let inner = entry.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let digest = inner.and_then(|inner| {
        ["sha256-", "sha384-", "sha512-"]
            .iter()
            .find_map(|algorithm| inner.strip_prefix(algorithm))
    });
    digest.is_some_and(|digest| {
        !digest.is_empty()
            && digest
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+/=-_".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_join_the_policy_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let write = |text: &str| std::fs::write(folder.path().join("csp.json"), text).unwrap();
        let headers = || SecurityHeaders::for_app(folder.path(), None);

        let bare = headers().unwrap();
        assert!(
            bare.pages[CONTENT_SECURITY_POLICY]
                .to_str()
                .unwrap()
                .contains("'wasm-unsafe-eval'; style-src")
        );

        write(r#"{"scriptSrc": ["'sha256-abc+/='"]}"#);
        let with_hash = headers().unwrap();
        let policy = with_hash.pages[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.contains("script-src 'self' 'wasm-unsafe-eval' 'sha256-abc+/=';"),
            "{policy}"
        );

        for bad in ["'unsafe-inline'", "'sha256-a'; script-src *", "*", "'sha256-'"] {
            write(&serde_json::json!({"scriptSrc": [bad]}).to_string());
            assert!(matches!(headers(), Err(CspError::NoHash { .. })), "{bad}");
        }
        write("not json");
        assert!(matches!(headers(), Err(CspError::Parse { .. })));
    }

    #[test]
    fn transport_security_is_promised_over_tls_only() {
        let folder = tempfile::tempdir().unwrap();
        let promised = |transport| {
            let SecurityHeaders { pages, data } = SecurityHeaders::for_app(folder.path(), transport).unwrap();
            let [page, answer] = [pages, data].map(|headers| headers.get(STRICT_TRANSPORT_SECURITY).cloned());
            assert_eq!(page, answer);
            page.map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(promised(None), None);
        let default = TransportSecurity::default();
        assert_eq!(promised(Some(default)).as_deref(), Some("max-age=63072000"));
        let whole = TransportSecurity {
            include_subdomains: true,
            preload: true,
            ..default
        };
        assert_eq!(
            promised(Some(whole)).as_deref(),
            Some("max-age=63072000; includeSubDomains; preload")
        );
        let short = TransportSecurity { seconds: 60, ..whole };
        let alone = TransportSecurity {
            include_subdomains: false,
            ..whole
        };
        assert!(default.is_consistent() && whole.is_consistent());
        assert!(!short.is_consistent() && !alone.is_consistent());
    }
}
