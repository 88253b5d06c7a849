//! Which API requests the worker may answer at all. Pure, so that the whole decision is one table.
//!
//! The worker acts with the user's keys and in the user's name, so it answers only what a script of the app's own
//! origin asked for. Which requests of *another* site reach a service worker?
//!
//! - A subresource request (`fetch`, XHR, `sendBeacon`, `<img>`, `<script>`, `<link>`, `<video>`, CSS, `<a ping>`) goes to
//!   the worker that controls the page that makes it. A page of another origin is never controlled by this worker, so its
//!   requests go to its own worker or to the network, where no cookie of this origin authorises the API.
//! - A navigation goes to the worker whose scope contains the *target*, whoever caused it: a form (any `enctype`), a link,
//!   `window.open`, `location`, `<iframe>`, `<meta http-equiv="refresh">`, a redirect of any of them, a share target.
//!   These all have `mode === "navigate"`, which no script can give to a `Request` of its own.
//!   `<object>` and `<embed>` reach no worker.
//! - Scripts of dedicated and shared workers go to the worker whose scope contains them, but browsers load them for pages
//!   of their own origin only. Their destination is `worker` or `sharedworker`.
//!
//! So a navigation is the only way in, and the worker answers none below `/api/`: `www/sw.js` does not even take the event,
//! because a request that a worker passes on with `fetch` counts as made by this origin. What follows also refuses
//! what injected markup could ask for without a script (every destination but `fetch`'s empty one), and a request that
//! no page or worker of this origin stands behind.
//!
//! A page that closes still counts: a `keepalive` request carries its page's id after the page is gone, so the id is
//! required and `clients.get(id)` is not asked. `Origin` and `Sec-Fetch-Site` are added behind the worker and cannot be
//! looked at here. A referrer can, if the page sends one; a foreign one is refused.

/// An API request, as far as the decision needs it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub method: &'a str,
    /// `Request.mode`.
    pub mode: &'a str,
    /// `Request.destination`: empty for `fetch`, XHR and `sendBeacon`.
    pub destination: &'a str,
    pub content_type: Option<&'a str>,
    /// A window or worker of this origin makes the request, or made it before it closed.
    pub has_client: bool,
    /// `Request.referrer`: a URL, `about:client`, or empty.
    pub referrer: &'a str,
    /// This worker's origin.
    pub origin: &'a str,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// The device may answer.
    Device,
    /// The network answers; the worker adds nothing of the user's.
    Network,
    /// If it is a write of a record: the body is not declared as JSON.
    NotJson,
    /// If it is a write of a record: no script of this origin asked for it.
    Foreign,
}

/// Decides by the request alone; no record is opened for what is not admitted.
pub fn admit(asked: &Asked<'_>) -> Admission {
    if asked.mode == "navigate" {
        return Admission::Network;
    }
    let reads = matches!(asked.method, "GET" | "HEAD" | "OPTIONS");
    let scripted =
        asked.destination.is_empty() && asked.has_client && !is_foreign(asked.referrer, asked.origin);
    match (reads, scripted) {
        // `no-cors` is what elements use; `fetch` uses `cors` unless it asks for less.
        (true, true) if asked.mode != "no-cors" => Admission::Device,
        (true, _) => Admission::Network,
        (false, false) => Admission::Foreign,
        (false, true) if is_json(asked) => Admission::Device,
        (false, true) => Admission::NotJson,
    }
}

/// Whether the body is declared as JSON. A DELETE has none, and need not declare one.
fn is_json(asked: &Asked<'_>) -> bool {
    match asked.content_type {
        Some(declared) => essence_of(declared).eq_ignore_ascii_case("application/json"),
        None => asked.method == "DELETE",
    }
}

/// Whether a referrer names another origin. Pages may send none, or `about:client`.
fn is_foreign(referrer: &str, origin: &str) -> bool {
    let Some(rest) = referrer.strip_prefix(origin) else {
        return referrer.contains("://");
    };
    // `https://a.example` is also how `https://a.example.evil.test` begins.
    !(rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

/// A media type without its parameters.
fn essence_of(declared: &str) -> &str {
    declared
        .split(';')
        .next()
        .unwrap_or_default()
        .trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::{
        Admission::{self, Device, Foreign, Network, NotJson},
        Asked, admit,
    };

    const ORIGIN: &str = "https://app.example";
    const JSON: Option<&str> = Some("application/json");

    /// A plain `fetch` of a page of this origin.
    const FETCH: Asked<'static> = Asked {
        method: "GET",
        mode: "cors",
        destination: "",
        content_type: None,
        has_client: true,
        referrer: "https://app.example/queue",
        origin: ORIGIN,
    };

    fn write(method: &'static str, content_type: Option<&'static str>) -> Asked<'static> {
        Asked {
            method,
            content_type,
            ..FETCH
        }
    }

    fn check(what: &str, asked: Asked<'_>, expected: Admission) {
        assert_eq!(admit(&asked), expected, "{what}: {asked:?}");
    }

    #[test]
    fn a_script_of_this_origin_is_admitted() {
        let methods = [
            ("GET", None),
            ("POST", JSON),
            ("PATCH", JSON),
            ("PUT", JSON),
            ("DELETE", None),
            ("DELETE", JSON),
        ];
        for (method, content_type) in methods {
            for mode in ["cors", "same-origin"] {
                check(
                    "fetch",
                    Asked {
                        mode,
                        ..write(method, content_type)
                    },
                    Device,
                );
            }
        }
    }

    #[test]
    fn no_navigation_is_admitted_whatever_it_says() {
        let types = [
            None,
            JSON,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some("multipart/form-data; boundary=x"),
        ];
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
            for content_type in types {
                for destination in [
                    "document",
                    "iframe",
                    "frame",
                    "object",
                    "embed",
                    "fencedframe",
                    "",
                ] {
                    for has_client in [true, false] {
                        let asked = Asked {
                            mode: "navigate",
                            destination,
                            has_client,
                            ..write(method, content_type)
                        };
                        check("navigation", asked, Network);
                    }
                }
            }
        }
    }

    #[test]
    fn a_write_declares_json() {
        let accepted = [
            "application/json",
            "application/json;charset=utf-8",
            "application/json ; charset=\"utf-8\"",
            "Application/JSON",
            " application/json ",
            "application/json;",
        ];
        for content_type in accepted {
            check("accepted", write("POST", Some(content_type)), Device);
        }
        let refused = [
            "",
            ";",
            "text/plain",
            "text/plain;charset=UTF-8",
            "text/plain; application/json",
            "text/json",
            "application/jsonx",
            "application/json5",
            "application/json, text/plain",
            "text/plain, application/json",
            "application/json+x",
            "application/vnd.api+json",
            "application/x-json",
            "application/ json",
            "json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "*/*",
            "application/json\u{a0}",
        ];
        for content_type in refused {
            for method in ["POST", "PATCH", "PUT", "DELETE"] {
                check("refused", write(method, Some(content_type)), NotJson);
            }
        }
        check("missing", write("POST", None), NotJson);
        check("missing", write("PATCH", None), NotJson);
    }

    #[test]
    fn what_no_script_asked_for_is_not_admitted() {
        let destinations = [
            "audio",
            "audioworklet",
            "document",
            "embed",
            "font",
            "frame",
            "iframe",
            "image",
            "json",
            "manifest",
            "object",
            "paintworklet",
            "report",
            "script",
            "serviceworker",
            "sharedworker",
            "style",
            "track",
            "video",
            "worker",
            "xslt",
        ];
        for destination in destinations {
            for mode in ["no-cors", "cors", "same-origin"] {
                check(
                    "an element's read",
                    Asked {
                        mode,
                        destination,
                        ..FETCH
                    },
                    Network,
                );
                check(
                    "an element's write",
                    Asked {
                        mode,
                        destination,
                        ..write("POST", JSON)
                    },
                    Foreign,
                );
                check(
                    "an element's delete",
                    Asked {
                        mode,
                        destination,
                        ..write("DELETE", None)
                    },
                    Foreign,
                );
            }
        }
        check(
            "a read without credentials to its answer",
            Asked {
                mode: "no-cors",
                ..FETCH
            },
            Network,
        );
        check(
            "a read of nobody",
            Asked {
                has_client: false,
                ..FETCH
            },
            Network,
        );
        check(
            "a write of nobody",
            Asked {
                has_client: false,
                ..write("POST", JSON)
            },
            Foreign,
        );
        check(
            "a deletion of nobody",
            Asked {
                has_client: false,
                ..write("DELETE", None)
            },
            Foreign,
        );
    }

    #[test]
    fn a_foreign_referrer_is_not_admitted() {
        for referrer in [
            "",
            "about:client",
            "https://app.example",
            "https://app.example/",
            "https://app.example/a?b#c",
        ] {
            check(
                "own",
                Asked {
                    referrer,
                    ..write("POST", JSON)
                },
                Device,
            );
        }
        let foreign = [
            "https://evil.example/",
            "http://app.example/",
            "https://app.example:8443/",
            "https://app.example.evil.example/",
            "https://app.example@evil.example/",
            "https://sub.app.example/",
        ];
        for referrer in foreign {
            check("foreign read", Asked { referrer, ..FETCH }, Network);
            check(
                "foreign write",
                Asked {
                    referrer,
                    ..write("POST", JSON)
                },
                Foreign,
            );
        }
    }
}
