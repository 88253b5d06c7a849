//! A device that records work as fast as the server takes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::board::{Board, Taken};
use crate::session::{NoAnswer, Session, pause};

/// The part that all writers use up.
pub const PART: &str = "PRT-0001";
const BATCH: usize = 6;

/// A write on its way.
struct Write {
    key: String,
    /// The order's id; a local one, where the write creates it.
    order: String,
    title: Option<String>,
    quantity: i64,
    body: Value,
}

pub struct Writer {
    name: String,
    session: Session,
    board: Arc<Board>,
    rng: StdRng,
    made: usize,
}

impl Writer {
    pub fn new(name: String, session: Session, board: Arc<Board>, seed: u64) -> Self {
        Self {
            name,
            session,
            board,
            rng: StdRng::seed_from_u64(seed),
            made: 0,
        }
    }

    /// Pushes batch after batch, and ends when the last one is acknowledged.
    pub async fn run(mut self, stop: Arc<AtomicBool>) {
        while !stop.load(Ordering::Relaxed) {
            let size = self.rng.random_range(1..=BATCH);
            let batch: Vec<Write> = (0..size).map(|_| self.write()).collect();
            let answer = self.deliver(&batch).await;
            self.acknowledged(batch, &answer);
        }
    }

    fn write(&mut self) -> Write {
        self.made += 1;
        let key = format!("{}-{:06}", self.name, self.made);
        let quantity = self.rng.random_range(1..10);
        let met = match self.rng.random_bool(0.2) {
            true => None,
            false => self.board.recent_order(self.rng.random_range(0..1_000)),
        };
        let mut payload = json!({
            "notes": [{ "noteId": key, "text": format!("{} was here", self.name) }],
            "partsUsed": [{ "partId": PART, "quantity": quantity }],
        });
        let title = met.is_none().then(|| format!("Order {key}"));
        let (order, operation, base) = match (&met, &title) {
            (None, Some(title)) => {
                payload["title"] = json!(title);
                payload["siteId"] = json!("north");
                payload["status"] = json!("assigned");
                payload["assignedTo"] = json!("technician");
                (Uuid::new_v4().to_string(), "create", json!({}))
            }
            (met, _) => {
                // Over everybody's head: values that give way go into the audit trail.
                if self.rng.random_bool(0.25) {
                    payload["costEstimate"] = json!(self.rng.random_range(0..1_000));
                }
                let seen_empty = json!({ "notes": [], "partsUsed": [], "costEstimate": null });
                (met.clone().unwrap_or_default(), "update", seen_empty)
            }
        };
        let body = json!({
            "queueId": key, "clientMutationId": key, "domain": "maintenance", "entityType": "work-order",
            "entityId": order, "operation": operation, "payload": payload, "base": base,
        });
        Write {
            key,
            order,
            title,
            quantity,
            body,
        }
    }

    /// Sends the batch until it is answered, always with the same keys.
    async fn deliver(&self, batch: &[Write]) -> Value {
        let operations: Vec<&Value> = batch.iter().map(|write| &write.body).collect();
        let request = json!({ "deviceId": self.session.device, "operations": operations });
        loop {
            match self.session.post("/api/v1/sync/push", &request).await {
                Ok((status, answer)) => {
                    assert_eq!(status, StatusCode::OK, "{answer}");
                    return answer;
                }
                Err(NoAnswer) => self.unanswered(batch).await,
            }
        }
    }

    /// A batch is one transaction: after the server died over it, all of it is there or nothing.
    async fn unanswered(&self, batch: &[Write]) {
        pause().await;
        let mut there = 0;
        for write in batch {
            let path = format!("/api/v1/work-orders/{}", write.order);
            let (status, order) = self.session.get_at_last(&path).await;
            let notes = order["notes"].as_array().into_iter().flatten();
            let stands = notes.filter(|note| note["noteId"] == write.key.as_str()).count();
            assert!(stands == 0 || status == StatusCode::OK);
            there += stands;
        }
        assert!(
            there == 0 || there == batch.len(),
            "{there} of a batch of {} are there",
            batch.len()
        );
        self.board.count(|figures| {
            figures.resent += 1;
            figures.answer_lost += usize::from(there > 0);
        });
    }

    fn acknowledged(&self, batch: Vec<Write>, answer: &Value) {
        let results = answer["results"].as_array().unwrap();
        assert_eq!(results.len(), batch.len());
        let taken = batch.into_iter().zip(results).map(|(write, result)| {
            assert_eq!(
                (&result["queueId"], &result["status"]),
                (&json!(write.key), &json!("success")),
                "{result}"
            );
            let id = result["entityId"].as_str().map(str::to_owned);
            let version = result["newVersion"].as_u64().unwrap();
            let Write {
                key,
                order,
                title,
                quantity,
                ..
            } = write;
            Taken {
                order: id.unwrap_or(order),
                key,
                quantity,
                version,
                title,
            }
        });
        self.board.take(taken.collect());
    }
}
