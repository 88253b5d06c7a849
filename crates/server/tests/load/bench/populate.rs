//! What the server holds before anything is measured: many work orders, and the few that the neighbour made to be
//! expensive.

use std::ops::Range;

use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Address, NEIGHBOUR, PEOPLE};
use crate::session::Session;

/// Orders that one batch makes.
const BATCH: usize = 250;

/// Items of the neighbour's lists: as many as a write may say.
pub const ITEMS: usize = 2_000;

/// Lines of the neighbour's texts: nearly as many as are merged by lines.
pub const LINES: usize = 990;

/// Versions of the order with a long history.
const VERSIONS: Range<usize> = 1..400;

/// Ids of what there is.
#[derive(Debug)]
pub struct Records {
    pub orders: Vec<String>,
    /// Its list has [`ITEMS`] tasks.
    pub crowded: String,
    /// Its description has [`LINES`] lines.
    pub wordy: String,
    /// It has hundreds of versions.
    pub storied: String,
}

/// Tasks of one author: all authors have the same tasks, each in words of their own.
pub fn tasks(author: &str) -> Value {
    (0..ITEMS)
        .map(|number| json!({ "taskId": format!("t{number}"), "title": format!("{author} {number}") }))
        .collect()
}

/// A description of one author: no line is as any other author wrote it.
pub fn description(author: char) -> String {
    (0..LINES).map(|line| format!("{author}{line:05}\n")).collect()
}

/// An operation under a key of its own.
pub fn operation(verb: &str, id: &str, payload: &Value, base: &Value) -> Value {
    json!({
        "queueId": Uuid::new_v4(), "domain": "maintenance", "entityType": "work-order", "entityId": id,
        "operation": verb, "payload": payload, "base": base,
    })
}

/// Makes all of it over HTTP, as devices do.
pub async fn fill(address: &Address, count: usize) -> Records {
    let office = Session::open(address, "admin").await;
    let mut orders = Vec::new();
    while orders.len() < count {
        let batch = orders.len()..count.min(orders.len() + BATCH);
        orders.extend(push(&office, batch.map(order).collect()).await);
    }
    let neighbour = Session::open(address, NEIGHBOUR).await;
    let wordy = json!({ "title": "Words", "siteId": "south", "description": description('a') });
    let crowded = json!({ "title": "Tasks", "siteId": "south", "tasks": tasks("a") });
    let storied = json!({ "title": "History", "siteId": "south" });
    let made = [wordy, crowded, storied].map(|payload| create(&payload));
    let made = push(&neighbour, made.into()).await;
    let [wordy, crowded, storied] = made.try_into().unwrap();
    // What the neighbour's later writes, by an older version, have to be merged with.
    let others = [
        operation(
            "update",
            &wordy,
            &json!({ "description": description('b') }),
            &Value::Null,
        ),
        operation("update", &crowded, &json!({ "tasks": tasks("b") }), &Value::Null),
    ];
    push(&neighbour, others.into()).await;
    let version = |number| {
        operation(
            "update",
            &storied,
            &json!({ "costEstimate": number }),
            &Value::Null,
        )
    };
    push(&neighbour, VERSIONS.map(version).collect()).await;
    Records {
        orders,
        crowded,
        wordy,
        storied,
    }
}

fn create(payload: &Value) -> Value {
    operation("create", &Uuid::new_v4().to_string(), payload, &json!({}))
}

/// An order of about 1 KB; a tenth of them are for the technician's device.
fn order(number: usize) -> Value {
    let sentence = "Oil at the shaft seal of pump 7, two drops a second while it runs warm. ";
    let person = PEOPLE[usize::from(!number.is_multiple_of(10))];
    let status = ["open", "assigned", "in-progress"][number % 3];
    create(&json!({
        "title": format!("Order {number}"), "siteId": "north", "status": status, "assignedTo": person,
        "description": sentence.repeat(10), "tags": ["seal", "pump"],
    }))
}

/// Sends a batch, what the server leaves over once more; the ids that its operations were answered with.
async fn push(session: &Session, operations: Vec<Value>) -> Vec<String> {
    let mut ids = Vec::new();
    while ids.len() < operations.len() {
        let request = json!({ "deviceId": session.device, "operations": operations[ids.len()..] });
        let answer = session.post("/api/v1/sync/push", &request).await;
        let (status, answer) = answer.expect("nobody else is there yet");
        assert_eq!(status, StatusCode::OK, "{answer}");
        let results = answer["results"].as_array().unwrap();
        for result in results.iter().take_while(|result| result["status"] != "retry") {
            assert_eq!(result["status"], "success", "{}", result["error"]);
            // An update is told no id.
            ids.push(result["entityId"].as_str().unwrap_or_default().to_owned());
        }
    }
    ids
}
