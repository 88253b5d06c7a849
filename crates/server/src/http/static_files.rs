//! The built app, as files.
//!
//! Files are served with their type, an ETag and, where the build left them, their `.br` and `.gz` siblings. An
//! address without a file is a page of the app if a browser navigates to it, and missing otherwise: a script must
//! never get HTML.
//!
//! | file | Cache-Control |
//! |---|---|
//! | its name holds a digest of its content | for a year, immutable |
//! | any other (`index.html`, `sw.js`, the worker, the manifest) | `no-cache`: kept, and revalidated each time |

use std::convert::Infallible;
use std::path::Path;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ACCEPT, CACHE_CONTROL};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tower::{Service, ServiceExt};
use tower_http::services::{ServeDir, ServeFile};

use super::ApiError;

const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// The build names a file by 64 bits of the digest of its own bytes, in hexadecimal.
const DIGEST_LENGTH: usize = 16;

/// Serves the files of `web`, and its `index.html` for navigations to anything else.
pub(super) fn service(
    web: &Path,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static
{
    let index = ServeFile::new(web.join("index.html"))
        .precompressed_br()
        .precompressed_gzip();
    let page = tower::service_fn(move |request: Request| {
        let index = index.clone();
        async move {
            if !is_navigation(&request) {
                return Ok(ApiError::NotFound("There is no such file.".to_owned()).into_response());
            }
            let mut response = index.oneshot(request).await?.map(Body::new);
            response.headers_mut().insert(CACHE_CONTROL, REVALIDATE);
            Ok::<_, Infallible>(response)
        }
    });
    let files = ServeDir::new(web)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip()
        .fallback(page);
    tower::service_fn(move |request: Request| {
        let files = files.clone();
        async move {
            let policy = cache_policy(request.uri().path());
            let mut response = files.oneshot(request).await?.map(Body::new);
            if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
                response.headers_mut().entry(CACHE_CONTROL).or_insert(policy);
            }
            Ok::<_, Infallible>(response)
        }
    })
}

fn is_navigation(request: &Request) -> bool {
    let accept = request
        .headers()
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    matches!(*request.method(), Method::GET | Method::HEAD)
        && accept.is_some_and(|types| types.contains("text/html"))
}

fn cache_policy(path: &str) -> HeaderValue {
    let file = path.rsplit('/').next().unwrap_or_default();
    if file.split(['-', '_', '.']).any(is_digest) {
        IMMUTABLE
    } else {
        REVALIDATE
    }
}

fn is_digest(part: &str) -> bool {
    part.len() >= DIGEST_LENGTH && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_digest_of_their_content_are_immutable() {
        let table = [
            ("/holdfast-0123456789abcdef_bg.wasm", IMMUTABLE),
            ("/assets/style-fedcba9876543210.css", IMMUTABLE),
            ("/holdfast-0123456789abcdef.js", IMMUTABLE),
            ("/", REVALIDATE),
            ("/index.html", REVALIDATE),
            ("/sw.js", REVALIDATE),
            ("/worker_bg.wasm", REVALIDATE),
            ("/manifest.webmanifest", REVALIDATE),
        ];
        for (path, expected) in table {
            assert_eq!(cache_policy(path), expected, "{path}");
        }
    }
}
