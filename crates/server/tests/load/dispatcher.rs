//! A supervisor who gives work to the technician, takes it away again, and deletes it: orders come into and go out of
//! what readers may see.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::session::{NoAnswer, Session, pause};

pub struct Dispatcher {
    session: Session,
    made: usize,
}

impl Dispatcher {
    pub fn new(session: Session) -> Self {
        Self { session, made: 0 }
    }

    pub async fn run(mut self, stop: Arc<AtomicBool>) {
        while !stop.load(Ordering::Relaxed) {
            self.one_order().await;
        }
    }

    /// The life of one order, from the first writing down to its deletion; every third one stays.
    async fn one_order(&mut self) {
        let title = format!("Moving order {}", self.made);
        let payload =
            json!({ "title": title, "siteId": "north", "status": "assigned", "assignedTo": "technician" });
        let made = self
            .push("create", &Uuid::new_v4().to_string(), payload, json!({}))
            .await;
        let id = made["entityId"].as_str().unwrap().to_owned();
        let mut version = made["newVersion"].as_u64().unwrap();
        for (from, to) in [
            (Some("technician"), None),
            (None, Some("technician")),
            (Some("technician"), Some("amara-osei")),
        ] {
            let payload = json!({ "assignedTo": to, "_version": version });
            let moved = self
                .push("update", &id, payload, json!({ "assignedTo": from }))
                .await;
            version = moved["newVersion"].as_u64().unwrap();
            pause().await;
        }
        if !self.made.is_multiple_of(3) {
            self.push("delete", &id, json!({ "_version": version }), json!({}))
                .await;
        }
    }

    async fn push(&mut self, operation: &str, id: &str, payload: Value, base: Value) -> Value {
        self.made += 1;
        let key = format!("dispatcher-{}", self.made);
        let body = json!({
            "queueId": key, "clientMutationId": key, "domain": "maintenance", "entityType": "work-order",
            "entityId": id, "operation": operation, "payload": payload, "base": base,
        });
        let request = json!({ "deviceId": self.session.device, "operations": [body] });
        loop {
            match self.session.post("/api/v1/sync/push", &request).await {
                Ok((status, answer)) => {
                    let result = answer["results"][0].clone();
                    assert_eq!(
                        (status, &result["status"]),
                        (StatusCode::OK, &json!("success")),
                        "{answer}"
                    );
                    return result;
                }
                Err(NoAnswer) => pause().await,
            }
        }
    }
}
