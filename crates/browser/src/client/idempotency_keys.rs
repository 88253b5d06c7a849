//! Idempotency keys of intercepted writes whose response may not have arrived.
//!
//! A browser that ends a worker in the middle of a request gives the request to the next worker, without a sign of it. A
//! write without an idempotency key would then be queued twice. So a key is kept before the write is queued, under what
//! the request says, and a later worker that gets the same request takes that key. Once the page has its response, the key
//! is forgotten: the same request again is another write.

use chrono::Duration;
use futures::lock::Mutex;
use holdfast_core::{Timestamp, json, json_object, ports::Clock};
use serde::Serialize;

use crate::{cached_reads::CachedReads, clock::PlatformClock};

/// Within this time a browser has given a request to another worker.
const LASTS: Duration = Duration::seconds(15);

/// The idempotency keys of requests that say the same.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Keys {
    until: Timestamp,
    /// The worker that gave them.
    worker: String,
    /// Of requests that this worker has not answered yet.
    here: Vec<String>,
    /// Of requests that an earlier worker left.
    left: Vec<String>,
}

json_object!(Keys {
    until: "until",
    worker: "worker",
    here: "here",
    left: "left",
});

/// The idempotency keys that this worker and earlier ones gave. Requests are looked at one after the other.
#[derive(Debug)]
pub struct IdempotencyKeys {
    reads: CachedReads,
    worker: String,
    turn: Mutex<()>,
}

impl IdempotencyKeys {
    pub(super) fn new(reads: &CachedReads, worker: String) -> Self {
        Self {
            reads: reads.clone(),
            worker,
            turn: Mutex::new(()),
        }
    }

    /// The key of a write that brings none: `fresh`, or the one that an earlier worker gave it before it was ended.
    /// `request`: everything that tells it from others, the page it came from included.
    pub async fn key_of(&self, request: &str, fresh: String) -> String {
        let _turn = self.turn.lock().await;
        let mut keys = self.keys_given(request).await;
        if keys.worker != self.worker {
            keys.left.append(&mut keys.here);
            keys.worker.clone_from(&self.worker);
        }
        let key = keys.left.pop().unwrap_or(fresh);
        keys.here.push(key.clone());
        self.keep_keys(request, keys).await;
        key
    }

    /// Forgets a key: the page has the response to its request.
    pub async fn answered(&self, request: &str, key: &str) {
        let _turn = self.turn.lock().await;
        let mut keys = self.keys_given(request).await;
        keys.here.retain(|here| here != key);
        self.keep_keys(request, keys).await;
    }

    async fn keys_given(&self, request: &str) -> Keys {
        let kept = self.reads.kept(&naming(request)).await.ok().flatten();
        let keys: Option<Keys> = kept.and_then(|kept| json::from_slice(&kept).ok());
        keys.filter(|keys| keys.until > PlatformClock.now())
            .unwrap_or_default()
    }

    /// What cannot be kept costs no write: at the worst this one is made twice.
    async fn keep_keys(&self, request: &str, mut keys: Keys) {
        let name = naming(request);
        if keys.here.is_empty() && keys.left.is_empty() {
            let _ = self.reads.forget(&name).await;
            return;
        }
        keys.until = PlatformClock.now() + LASTS;
        if let Ok(plain) = serde_json::to_vec(&keys) {
            let _ = self.reads.keep(&name, &plain, keys.until).await;
        }
    }
}

fn naming(request: &str) -> String {
    format!("write/{request}")
}
