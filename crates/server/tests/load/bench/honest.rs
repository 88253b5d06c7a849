//! A device that works as the app does, at a person's pace, and notes how long each request takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Address;
use crate::session::Session;

/// Between two requests of one device.
const PACE: Duration = Duration::from_millis(50);

/// How often a request that was refused as too much is sent again.
const TRIES: usize = 200;

/// How long requests took, by what they asked for, and how many were refused.
#[derive(Debug, Default)]
pub struct Waits {
    pub by_request: BTreeMap<&'static str, Vec<Duration>>,
    /// Answers 429 and 503.
    pub refused: usize,
}

impl Waits {
    pub fn add(&mut self, other: Self) {
        for (request, waits) in other.by_request {
            self.by_request.entry(request).or_default().extend(waits);
        }
        self.refused += other.refused;
    }
}

pub struct Device {
    session: Session,
    cursor: String,
    /// The order that it works on, and that order's version.
    order: Option<(String, u64)>,
    waits: Waits,
}

impl Device {
    /// Signs in and pulls everything.
    pub async fn open(address: &Address, user: &'static str) -> Self {
        let session = Session::open(address, user).await;
        let mut device = Self {
            session,
            cursor: String::new(),
            order: None,
            waits: Waits::default(),
        };
        while device.pull(2_000).await {}
        device.waits = Waits::default();
        device
    }

    /// Works until it is stopped: records something, pulls, looks at a list and at a record.
    pub async fn work(mut self, stop: Arc<AtomicBool>) -> (Self, Waits) {
        while !stop.load(Ordering::Relaxed) {
            self.push().await;
            self.pull(1_000).await;
            let list = "/api/v1/work-orders?status=open&limit=50";
            self.send("list", Method::GET, list, None).await;
            let id = self.order.as_ref().map_or("", |(id, _)| id.as_str());
            let record = format!("/api/v1/work-orders/{id}");
            self.send("record", Method::GET, &record, None).await;
        }
        let waits = std::mem::take(&mut self.waits);
        (self, waits)
    }

    /// A new order, and a note on the one before.
    async fn push(&mut self) {
        let operation = |operation: &str, id: &str, payload: Value| {
            json!({
                "queueId": Uuid::new_v4(), "domain": "maintenance", "entityType": "work-order",
                "entityId": id, "operation": operation, "payload": payload, "base": { "notes": [] },
            })
        };
        let note = json!({ "noteId": Uuid::new_v4(), "text": "Bearing replaced, runs quietly." });
        let mut operations: Vec<Value> = Vec::new();
        if let Some((id, version)) = &self.order {
            operations.push(operation(
                "update",
                id,
                json!({ "notes": [note], "_version": version }),
            ));
        }
        let payload = json!({ "title": "Pump leaks", "siteId": "north", "status": "assigned",
            "assignedTo": self.session.user });
        operations.push(operation("create", &Uuid::new_v4().to_string(), payload));
        let batch = json!({ "deviceId": self.session.device, "operations": operations });
        let answer = self
            .send("push", Method::POST, "/api/v1/sync/push", Some(batch.to_string()))
            .await;
        let results = answer["results"].as_array().unwrap();
        assert!(
            results.iter().all(|result| result["status"] == "success"),
            "{answer}"
        );
        let made = results.last().unwrap();
        let id = made["entityId"].as_str().unwrap().to_owned();
        self.order = Some((id, made["newVersion"].as_u64().unwrap()));
    }

    /// One page; whether there is more.
    async fn pull(&mut self, limit: usize) -> bool {
        let path = format!("/api/v1/sync/delta?limit={limit}&layout=columns{}", self.cursor);
        let page = self.send("delta", Method::GET, &path, None).await;
        self.cursor = format!("&since={}", page["cursor"].as_str().unwrap());
        page["hasMore"] == true
    }

    /// Sends until it is answered, and notes how long that took: to be refused is to wait.
    async fn send(&mut self, name: &'static str, method: Method, path: &str, body: Option<String>) -> Value {
        let begun = Instant::now();
        for _ in 0..TRIES {
            let answer = self.session.raw(method.clone(), path, body.clone()).await;
            let (status, text) = answer.expect("the server is not killed here");
            if !matches!(
                status,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
            ) {
                assert_eq!(status, StatusCode::OK, "{path}: {text}");
                self.waits
                    .by_request
                    .entry(name)
                    .or_default()
                    .push(begun.elapsed());
                tokio::time::sleep(PACE).await;
                return serde_json::from_str(&text).unwrap();
            }
            self.waits.refused += 1;
            tokio::time::sleep(PACE).await;
        }
        panic!("{path} was refused {TRIES} times");
    }
}
