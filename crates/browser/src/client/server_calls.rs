//! Calls to the server beside sync, and cached reads for when there is no network.

use std::rc::Rc;

use chrono::Duration;
use futures::future::{FutureExt, LocalBoxFuture};
use holdfast_core::{
    Timestamp, json,
    ports::Request,
    protocol::{ErrorCode, WireError},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::open_data::OpenData;
use crate::cached_reads::{CachedRead, CachedReads};

/// Seven days offline is an ordinary week.
const KEPT_FOR: Duration = Duration::days(7);

/// What a read of the server's API brought, and how fresh it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<T> {
    pub value: T,
    pub updated_at: Timestamp,
    /// It is a cached read: the server could not be reached.
    pub from_device: bool,
}

/// Calls to the server's API with the user's access token. Nothing here is queued.
#[derive(Debug)]
pub struct ServerCalls {
    data: Rc<OpenData>,
    reads: CachedReads,
}

impl ServerCalls {
    pub(super) fn new(data: &Rc<OpenData>) -> Self {
        Self {
            data: data.clone(),
            reads: CachedReads::new(data.store()),
        }
    }

    /// Responses of the API kept for offline use.
    pub fn cached_reads(&self) -> &CachedReads {
        &self.reads
    }

    /// Reads from the server and keeps the response for seven days. If the server cannot be reached, the response that was
    /// kept is the answer.
    ///
    /// # Errors
    /// If the server refuses, or cannot be reached and nothing is kept.
    pub fn read_json<'a>(&'a self, path: &'a str) -> LocalBoxFuture<'a, Result<Answer<Value>, WireError>> {
        self.ask_or_recall(path).boxed_local()
    }

    async fn ask_or_recall(&self, path: &str) -> Result<Answer<Value>, WireError> {
        let now = self.data.now();
        match self.data.engine.ask(&Request::get(path)).await {
            Ok(value) => {
                self.keep(path, &value, now).await;
                Ok(Answer {
                    value,
                    updated_at: now,
                    from_device: false,
                })
            }
            Err(error) if matches!(error.code, ErrorCode::NetworkError | ErrorCode::ServerError) => {
                let kept = self.reads.get(path, now).await.ok().flatten().ok_or(error)?;
                Ok(Answer {
                    value: json::parse(kept.body.as_bytes()).map_err(|_| unreadable())?,
                    updated_at: kept.updated_at,
                    from_device: true,
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Sends a request now and reads the JSON of its response. Nothing is kept.
    ///
    /// # Errors
    /// If the server refuses or cannot be reached, or its response has another shape.
    pub async fn send<T: DeserializeOwned>(&self, request: &Request) -> Result<T, WireError> {
        let value = self.data.engine.ask(request).await?;
        serde_json::from_value(value).map_err(|_| unreadable())
    }

    async fn keep(&self, path: &str, value: &Value, now: Timestamp) {
        let read = CachedRead {
            path: path.to_owned(),
            body: value.to_string(),
            content_type: "application/json".to_owned(),
            etag: None,
            updated_at: now,
            expires_at: now + KEPT_FOR,
        };
        // Not kept on a full device: the answer itself is there all the same.
        let _ = self.reads.put(&read).await;
    }
}

fn unreadable() -> WireError {
    WireError::new(
        ErrorCode::ServerError,
        "The server's answer is not of the shape this version of the app knows. Update the app.",
    )
}
