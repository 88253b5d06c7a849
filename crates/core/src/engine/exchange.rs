//! One request and an answer that can be believed.

use serde::{Serialize, de::DeserializeOwned};

use super::{Engine, Event};
use crate::{
    ports::{Body, Method, Ports, Request, Response, Rng, Transport},
    protocol::{ErrorCode, ErrorEnvelope, Health, WireError},
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
    /// 410.
    Gone,
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
            Self::Busy(seconds) => WireError::new(
                ErrorCode::RateLimited,
                format!("The server asks to wait {seconds} s."),
            ),
            Self::SignedOut => WireError::new(ErrorCode::AuthError, "Sign in again to go on."),
            Self::Gone => WireError::new(
                ErrorCode::Gone,
                "The server was set back; reading everything anew.",
            ),
        }
    }
}

fn network(message: impl Into<String>) -> WireError {
    WireError::new(ErrorCode::NetworkError, message)
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
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.authorized(Method::Get, path, None).await
    }

    /// Posts JSON with the access token.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let json =
            serde_json::to_string(body).map_err(|error| Failure::Refused(network(error.to_string())))?;
        self.authorized(Method::Post, path, Some(Body::Json(json))).await
    }

    /// A request of the app's own, beside sync (audit, history, devices): asked of the server with the access token,
    /// unless the breaker is open.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Body>,
    ) -> Result<T, WireError> {
        if self.breaker().is_open() {
            return Err(network("There is no connection to the server."));
        }
        let answer = self.authorized(method, path, body).await;
        answer.map_err(|failure| failure.error())
    }

    async fn authorized<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Body>,
    ) -> Result<T, Failure> {
        for fresh in [false, true] {
            let bearer = Some(self.access_token(fresh).await.map_err(not_this_request)?);
            let request = Request {
                method,
                path: path.to_owned(),
                bearer,
                body: body.clone(),
            };
            let response = self.send(request).await?;
            // A token may have expired on the way: refreshed once, never more.
            if response.status != 401 || fresh {
                return self.believe(response).await;
            }
        }
        Err(Failure::SignedOut)
    }

    /// Sends; a request that does not come back opens the breaker.
    pub(super) async fn send(&self, request: Request) -> Result<Response, Failure> {
        match self.ports.transport().send(request).await {
            Ok(response) => Ok(response),
            Err(error) => self.unanswered(network(error.to_string())).await,
        }
    }

    /// Sorts an answer out: a value, or a failure of a kind that the drainer knows what to do with.
    pub(super) async fn believe<T: DeserializeOwned>(&self, response: Response) -> Result<T, Failure> {
        if (200..300).contains(&response.status) {
            return match serde_json::from_slice(response.body.as_bytes()) {
                Ok(value) => Ok(value),
                Err(_) => {
                    self.unanswered(network("The answer was not the server's, or was cut off."))
                        .await
                }
            };
        }
        let envelope: Option<ErrorEnvelope> = serde_json::from_slice(response.body.as_bytes()).ok();
        let error = envelope.map(|envelope| envelope.error);
        match (response.status, error) {
            // A proxy in front of the server asks for patience in its own words.
            (429, _) => Err(Failure::Busy(response.retry_after.unwrap_or(30))),
            (_, None) if response.status < 500 => {
                self.unanswered(network("Something other than the server answered."))
                    .await
            }
            (401, Some(_)) => Err(Failure::SignedOut),
            (410, Some(_)) => Err(Failure::Gone),
            (503, _) if response.retry_after.is_some() => {
                Err(Failure::Busy(response.retry_after.unwrap_or(30)))
            }
            (status, error) if status >= 500 => {
                let unnamed =
                    || WireError::new(ErrorCode::ServerError, format!("The server failed ({status})."));
                Err(Failure::Server(error.unwrap_or_else(unnamed)))
            }
            (_, Some(error)) => Err(Failure::Refused(error)),
            (_, None) => Err(Failure::Unreachable(network("The answer made no sense."))),
        }
    }

    /// No answer, or an unreadable one. If the server answers a probe, it was this request that it failed on.
    async fn unanswered<T>(&self, error: WireError) -> Result<T, Failure> {
        if self.probe().await {
            return Err(Failure::Server(WireError {
                code: ErrorCode::NetworkError,
                ..error
            }));
        }
        Err(Failure::Unreachable(error))
    }

    /// Asks `/healthz`; closes the breaker if the server itself answers, opens it otherwise.
    pub async fn probe(&self) -> bool {
        let request = Request {
            method: Method::Get,
            path: "/healthz".into(),
            bearer: None,
            body: None,
        };
        let answer = self.ports.transport().send(request).await;
        let healthy = answer.is_ok_and(|response| {
            response.status == 200
                && serde_json::from_slice::<Health>(response.body.as_bytes()).is_ok_and(|h| h.is_holdfast())
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

    /// The platform says that the network is back.
    pub fn came_online(&self) {
        self.breaker.borrow_mut().hint_online(self.now());
    }

    pub fn breaker(&self) -> super::Breaker {
        self.breaker.borrow().clone()
    }
}
