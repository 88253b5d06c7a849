//! One request and an answer that can be believed.

use serde::Serialize;
use serde_json::Value;

use super::{Engine, Event, clocks::Exchange};
use crate::{
    Timestamp,
    json::{self, FromJson},
    ports::{Method, Ports, Request, Response, Rng, Transport},
    protocol::{Cause, ErrorCode, ErrorEnvelope, Health, WireError},
};

/// Why a request has no usable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// Not reached, or something other than the server answered.
    Unreachable(WireError),
    /// The server was reached and failed: 5xx, or an answer cut off or out of shape.
    Server(WireError),
    /// The server failed, and not on what this request carries: nothing that is sent is to blame.
    Unavailable(WireError),
    /// Asked to wait, in seconds.
    Busy(u64),
    /// The session is gone.
    SignedOut,
    /// 410: the cursor is of no use; whether the server lost history with it.
    Gone { history_lost: bool },
    /// Refused for a reason that asking again does not change.
    Refused(WireError),
}

impl Failure {
    pub(super) fn error(&self) -> WireError {
        match self {
            Self::Unreachable(error)
            | Self::Server(error)
            | Self::Unavailable(error)
            | Self::Refused(error) => error.clone(),
            Self::Busy(seconds) => WireError::of(Cause::Busy(*seconds)),
            Self::SignedOut => WireError::of(Cause::SignedOut),
            Self::Gone { .. } => WireError::of(Cause::PositionUnknown),
        }
    }
}

/// With what the platform or a library said, for developers.
fn detailed(cause: Cause, detail: impl ToString) -> WireError {
    WireError {
        message: detail.to_string(),
        ..WireError::of(cause)
    }
}

/// A failure on the way to a token says nothing about the request that needs it.
fn not_this_request(failure: Failure) -> Failure {
    match failure {
        Failure::Server(error) | Failure::Refused(error) => Failure::Unavailable(error),
        other => other,
    }
}

impl<P: Ports> Engine<P> {
    /// Reads JSON with the access token.
    pub(super) async fn get<T: FromJson>(&self, path: &str) -> Result<T, Failure> {
        let (answer, _) = self.get_text(path).await?;
        self.shaped(&answer).await
    }

    /// Reads an answer's text with the access token.
    pub(super) async fn get_text(&self, path: &str) -> Result<(String, Exchange), Failure> {
        self.authorized(&Request::get(path)).await
    }

    /// Posts JSON with the access token.
    pub(super) async fn post<T: FromJson>(&self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        let json = serde_json::to_string(body)
            .map_err(|error| Failure::Refused(detailed(Cause::Unwritable, error)))?;
        let (answer, _) = self.authorized(&Request::json(Method::Post, path, json)).await?;
        self.shaped(&answer).await
    }

    /// Sends a request beside sync (audit, history, devices) with the access token, and reads the JSON of its response.
    ///
    /// # Errors
    /// If the server refuses or cannot be reached. While the breaker is open, nothing is sent.
    pub async fn ask(&self, request: &Request) -> Result<Value, WireError> {
        if self.breaker().is_open() {
            return Err(WireError::of(Cause::Offline));
        }
        let asked = async {
            let (answer, _) = self.authorized(request).await?;
            self.shaped(&answer).await
        };
        asked.await.map_err(|failure: Failure| failure.error())
    }

    async fn authorized(&self, request: &Request) -> Result<(String, Exchange), Failure> {
        for fresh in [false, true] {
            let token = self.access_token(fresh).await.map_err(not_this_request)?;
            let request = request.clone().with_bearer(&token);
            let sent_at = self.now();
            let response = self.send(request).await?;
            let exchange = Exchange {
                sent_at,
                arrived_at: self.now(),
                date: response.date(),
            };
            // A token may have expired on the way: refreshed once, never more.
            if response.status != 401 || fresh {
                return Ok((self.believe(response).await?, exchange));
            }
        }
        Err(Failure::SignedOut)
    }

    /// Sends; a request that does not come back opens the breaker.
    pub(super) async fn send(&self, request: Request) -> Result<Response, Failure> {
        match self.ports.transport().send(request).await {
            Ok(response) => Ok(response),
            Err(error) => Err(self.unanswered(detailed(Cause::Unreachable, error)).await),
        }
    }

    /// The answer as what was asked for.
    pub(super) async fn shaped<T: FromJson>(&self, answer: &str) -> Result<T, Failure> {
        match json::from_slice(answer.as_bytes()) {
            Ok(value) => Ok(value),
            Err(_) => Err(self.unreadable().await),
        }
    }

    pub(super) async fn unreadable(&self) -> Failure {
        self.unanswered(WireError::of(Cause::Unreadable)).await
    }

    /// Sorts an answer out: JSON text, still to be read, or a failure of a kind that the drainer knows what to do with.
    pub(super) async fn believe(&self, response: Response) -> Result<String, Failure> {
        if response.status == 204 {
            return Ok("null".into());
        }
        if (200..300).contains(&response.status) {
            return Ok(response.into_text());
        }
        let envelope: Option<ErrorEnvelope> = json::from_slice(&response.body).ok();
        let offer_again = envelope.as_ref().and_then(|envelope| envelope.offer_again);
        let error = envelope.map(|envelope| envelope.error);
        match (response.status, error) {
            // A proxy in front of the server asks for patience in its own words.
            (429, _) => Err(Failure::Busy(response.retry_after().unwrap_or(30))),
            (_, None) if response.status < 500 => {
                Err(self.unanswered(WireError::of(Cause::NotTheServer)).await)
            }
            (401, Some(_)) => Err(Failure::SignedOut),
            // A server that does not say may have lost something.
            (410, Some(_)) => Err(Failure::Gone {
                history_lost: offer_again.unwrap_or(true),
            }),
            (503, _) if response.retry_after().is_some() => {
                Err(Failure::Busy(response.retry_after().unwrap_or(30)))
            }
            (status, error) if status >= 500 => {
                let unnamed = || WireError::of(Cause::Failed(status.into()));
                Err(Failure::Server(error.unwrap_or_else(unnamed)))
            }
            (_, Some(error)) => Err(Failure::Refused(error)),
            (_, None) => Err(Failure::Unreachable(WireError::of(Cause::Unreadable))),
        }
    }

    /// No answer, or an unreadable one. If the server answers a probe, it was this request that it failed on.
    async fn unanswered(&self, error: WireError) -> Failure {
        if self.probe().await {
            return Failure::Server(WireError {
                code: ErrorCode::NetworkError,
                ..error
            });
        }
        Failure::Unreachable(error)
    }

    /// Asks `/healthz`; closes the breaker if the server itself answers, opens it otherwise.
    pub async fn probe(&self) -> bool {
        let answer = self.ports.transport().send(Request::get("/healthz")).await;
        let healthy = answer.is_ok_and(|response| {
            response.status == 200
                && json::from_slice::<Health>(&response.body).is_ok_and(|health| health.is_holdfast())
        });
        if healthy {
            self.breaker.borrow_mut().close();
        } else {
            self.breaker
                .borrow_mut()
                .trip(self.now(), self.ports.rng().next_u64());
        }
        self.tell(Event::Activity);
        healthy
    }

    /// The platform says that the network is gone.
    pub fn went_offline(&self) {
        self.breaker
            .borrow_mut()
            .trip(self.now(), self.ports.rng().next_u64());
        self.tell(Event::Activity);
    }

    /// Another context found the server out of reach and probes it next at `probe_at`: this one need not find out by
    /// itself.
    pub fn heard_out_of_reach(&self, probe_at: Timestamp) {
        self.breaker.borrow_mut().hear_of(probe_at);
        self.tell(Event::Activity);
    }

    /// The platform says that the network is back.
    pub fn came_online(&self) {
        self.breaker.borrow_mut().hint_online(self.now());
    }

    pub fn breaker(&self) -> super::Breaker {
        self.breaker.borrow().clone()
    }
}
