//! What the app reads from the server beside sync, and keeps for when there is no network.

use std::rc::Rc;

use chrono::Duration;
use futures::future::{FutureExt, LocalBoxFuture};
use holdfast_core::{
    Timestamp, json,
    ports::{Method, Request},
    protocol::{ErrorCode, WireError},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::session::Session;
use crate::cached_reads::CachedRead;

/// Seven days offline is an ordinary week.
const KEPT_FOR: Duration = Duration::days(7);

/// An answer, and how fresh it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<T> {
    pub value: T,
    pub updated_at: Timestamp,
    /// It is the one kept on the device: the server could not be asked.
    pub from_device: bool,
}

impl Session {
    /// Reads from the server; if it is out of reach, from what it answered last.
    pub async fn read<T: DeserializeOwned>(self: &Rc<Self>, path: &str) -> Result<Answer<T>, WireError> {
        let answer = self.read_json(path).await?;
        Ok(Answer {
            value: decode(answer.value)?,
            updated_at: answer.updated_at,
            from_device: answer.from_device,
        })
    }

    /// As [`Self::read`], whatever the shape of the answer.
    pub fn read_json<'a>(
        self: &'a Rc<Self>,
        path: &'a str,
    ) -> LocalBoxFuture<'a, Result<Answer<Value>, WireError>> {
        self.ask_or_recall(path).boxed_local()
    }

    async fn ask_or_recall(&self, path: &str) -> Result<Answer<Value>, WireError> {
        let now = self.now();
        match self.engine.ask(&Request::get(path)).await {
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

    /// Asks the server now; nothing is kept.
    pub async fn ask<T: DeserializeOwned>(&self, request: &Request) -> Result<T, WireError> {
        decode(self.engine.ask(request).await?)
    }

    /// Posts to the server now; nothing is queued.
    pub async fn post<T: DeserializeOwned>(
        self: &Rc<Self>,
        path: &str,
        body: &Value,
    ) -> Result<T, WireError> {
        self.ask(&Request::json(Method::Post, path, body.to_string()))
            .await
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

fn decode<T: DeserializeOwned>(value: Value) -> Result<T, WireError> {
    serde_json::from_value(value).map_err(|_| unreadable())
}

fn unreadable() -> WireError {
    WireError::new(
        ErrorCode::ServerError,
        "The server's answer is not of the shape this version of the app knows. Update the app.",
    )
}
