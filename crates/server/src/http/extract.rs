//! JSON bodies whose failures are told in the API's error shape.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::extract::{FromRequest, FromRequestParts, Json, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use holdfast_core::json::{keep_digits, limits};
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;

use super::ApiError;
use super::authenticated::Payer;
use super::work::blocking;
use crate::sync::Refusal;

/// A JSON request body.
#[derive(Debug, Clone, Copy)]
pub struct ApiJson<T>(pub T);

/// Bytes of a request body, counted after decompression.
pub(super) const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// Bytes from which on a body is read on a thread of its own: reading takes milliseconds then, and an async thread has
/// other requests to answer meanwhile.
const LARGE: usize = 64 * 1024;

impl<T: DeserializeOwned + Send + 'static, S: Send + Sync> FromRequest<S> for ApiJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let copy = Request::from_parts(parts.clone(), body);
        let text = Bytes::from_request(copy, state).await;
        if let Some(payer) = parts.extensions.get::<Payer>() {
            payer.pay_for(text.as_ref().map_or(BODY_LIMIT, Bytes::len))?;
        }
        let text = text.map_err(|rejection| unreadable_body(&rejection))?;
        let value = match text.len() < LARGE {
            true => read(parts, text).await?,
            false => blocking(move || Handle::current().block_on(read(parts, text))).await?,
        };
        Ok(Self(value))
    }
}

/// Reads a body, unless it would take far more memory than its text.
async fn read<T: DeserializeOwned>(parts: Parts, mut text: Bytes) -> Result<T, ApiError> {
    // Another kind of body is refused as such.
    if is_json(&parts.headers) {
        limits::check(&text).map_err(|excess| match excess.is_of_size() {
            true => Refusal::too_large(excess.to_string()),
            false => Refusal::malformed(excess.to_string()),
        })?;
        if let Cow::Owned(kept) = keep_digits(&text) {
            text = kept.into();
        }
    }
    let request = Request::from_parts(parts, Body::from(text));
    match Json::from_request(request, &()).await {
        Ok(Json(value)) => Ok(value),
        Err(rejection) => Err(translate(rejection)),
    }
}

/// Whether a body may be read as JSON, by what its header says of it.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.to_ascii_lowercase().contains("json"))
}

/// The parameters behind the question mark.
#[derive(Debug, Clone, Copy)]
pub struct ApiQuery<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::from_request_parts(parts, state).await;
        query
            .map(|Query(value)| Self(value))
            .map_err(|rejection| ApiError::malformed(rejection.body_text()))
    }
}

fn translate(rejection: JsonRejection) -> ApiError {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => ApiError::UnsupportedMediaType("application/json"),
        JsonRejection::BytesRejection(rejection) => unreadable_body(&rejection),
        JsonRejection::JsonDataError(wrong_shape) => ApiError::invalid(wrong_shape.body_text()),
        unreadable => ApiError::malformed(unreadable.body_text()),
    }
}

/// A body that could not be read to its end: too large, cut off, or not what its Content-Encoding says.
fn unreadable_body(rejection: &BytesRejection) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::TooLarge {
            limit_bytes: BODY_LIMIT,
        }
    } else {
        ApiError::malformed(rejection.body_text())
    }
}
