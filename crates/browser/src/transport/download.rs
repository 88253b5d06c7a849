//! Responses read piece by piece.

use holdfast_core::ports::{Headers, Response, Unreachable};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::ReadableStreamDefaultReader;

use super::{
    headers_of,
    patience::{Flight, SILENCE_MS},
};
use crate::scope::{describe, property};

/// A response whose head has come, and whose body is still on its way. Dropping it aborts the request.
#[derive(Debug)]
pub struct Download {
    status: u16,
    headers: Headers,
    flight: Flight,
    /// `None` where the response has no body.
    reader: Option<ReadableStreamDefaultReader>,
    received: u64,
    limit: u64,
}

/// Why a body could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DownloadError {
    #[error(transparent)]
    Interrupted(Unreachable),
    /// More than this many bytes came.
    #[error("the response is larger than {0} bytes")]
    TooLarge(u64),
}

impl Download {
    pub(super) fn new(flight: Flight, response: &web_sys::Response) -> Result<Self, JsValue> {
        let reader = match response.body() {
            Some(body) => Some(body.get_reader().dyn_into()?),
            None => None,
        };
        Ok(Self {
            status: response.status(),
            headers: headers_of(response),
            flight,
            reader,
            received: 0,
            limit: u64::MAX,
        })
    }

    /// Fails with [`DownloadError::TooLarge`] once more than this many bytes came.
    #[must_use]
    pub fn with_limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    pub fn status(&self) -> u16 {
        self.status
    }

    /// The response's headers; of another origin's response, those that it exposes.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// How many bytes of the body have come.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// How many bytes the body has; `None` if the server does not say, or compressed it.
    pub fn total(&self) -> Option<u64> {
        match self.headers.get("Content-Encoding") {
            Some(_) => None,
            None => self.headers.get("Content-Length")?.parse().ok(),
        }
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// If the connection breaks, if nothing comes for [`SILENCE_MS`], or if the limit is exceeded. The download is over then.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, DownloadError> {
        Ok(self.piece().await?.map(|piece| piece.to_vec()))
    }

    /// Reads the rest of the body.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub async fn into_response(mut self) -> Result<Response, DownloadError> {
        let mut body = Vec::new();
        while let Some(piece) = self.piece().await? {
            let begin = body.len();
            body.resize(begin + piece.length() as usize, 0);
            piece.copy_to(&mut body[begin..]);
        }
        Ok(Response {
            status: self.status,
            headers: std::mem::take(&mut self.headers),
            body,
        })
    }

    async fn piece(&mut self) -> Result<Option<Uint8Array>, DownloadError> {
        let Some(reader) = &self.reader else {
            self.flight.land();
            return Ok(None);
        };
        let next = JsFuture::from(reader.read());
        let next = self.flight.within(SILENCE_MS, next).await;
        let next = next.map_err(|thrown| DownloadError::Interrupted(Unreachable(describe(&thrown))))?;
        if property(&next, "done").is_truthy() {
            self.flight.land();
            return Ok(None);
        }
        let piece = Uint8Array::new(&property(&next, "value"));
        self.received += u64::from(piece.length());
        match self.received > self.limit {
            true => Err(DownloadError::TooLarge(self.limit)),
            false => Ok(Some(piece)),
        }
    }
}
