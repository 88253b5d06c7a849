//! What happened, in order, as a person would tell it: kept only when somebody will read it.

use std::{cell::RefCell, fmt::Display, rc::Rc};

use holdfast_core::{
    ports::{Body, Request, Response},
    protocol::{PushRequest, WireOperation},
};
use serde_json::Value;

use crate::{executor::Time, faults::Fate};

/// A shared notebook. Silent by default: a run is told only when it is run again because it failed.
#[derive(Debug, Clone)]
pub struct Story {
    time: Time,
    lines: Option<Rc<RefCell<Vec<String>>>>,
}

impl Story {
    pub fn new(time: Time, told: bool) -> Self {
        Self {
            time,
            lines: told.then(Rc::default),
        }
    }

    /// Notes a line; `what` is not even put together if nobody listens.
    pub fn tell<D: Display>(&self, who: &str, what: impl FnOnce() -> D) {
        self.tell_if(who, || Some(what()));
    }

    /// Notes a line, if there is something to tell.
    pub fn tell_if<D: Display>(&self, who: &str, what: impl FnOnce() -> Option<D>) {
        let Some(lines) = &self.lines else { return };
        let Some(what) = what() else { return };
        let (seconds, millis) = (self.time.now() / 1_000, self.time.now() % 1_000);
        lines
            .borrow_mut()
            .push(format!("{seconds:>7}.{millis:03}  {who:<8} {what}"));
    }

    pub fn lines(&self) -> Vec<String> {
        self.lines
            .as_ref()
            .map(|lines| lines.borrow().clone())
            .unwrap_or_default()
    }
}

/// A request and what came of it, in a line; none, if it went as it always does and brought nothing.
pub fn exchange(request: &Request, answer: Option<&Response>, fate: Fate) -> Option<String> {
    let path = request.path.split('?').next().unwrap_or_default();
    if fate == Fate::Delivered && answer.is_some_and(|answer| is_routine(path, answer)) {
        return None;
    }
    let asked = match pushed(request) {
        Some(push) => {
            let operations: Vec<String> = push.operations.iter().map(operation).collect();
            format!("pushes {}", operations.join("; "))
        }
        None => format!("asks {path}"),
    };
    let status = answer.map_or(0, |answer| answer.status);
    let said = answer.map_or_else(|| "no answer".to_owned(), |answer| said(path, &answer.text()));
    Some(match fate {
        Fate::Delivered => format!("{asked} -> {status} {said}"),
        _ => format!("{asked} -> {status} ({fate:?}) {said}"),
    })
}

/// Tokens that are renewed, packs and digests as they were, pages without a row.
fn is_routine(path: &str, answer: &Response) -> bool {
    let nothing_new = |body: &str| {
        let value: Value = serde_json::from_str(body).unwrap_or_default();
        let rows = value["changes"].as_object();
        rows.is_some_and(|rows| {
            rows.values().all(|rows| match rows {
                Value::Array(rows) => rows.is_empty(),
                Value::Object(ids) => ids.is_empty(),
                _ => true,
            })
        })
    };
    match answer.status {
        401 => true,
        200 if path.ends_with("/delta") => nothing_new(&answer.text()),
        200 => !path.ends_with("/push"),
        _ => false,
    }
}

fn pushed(request: &Request) -> Option<PushRequest> {
    serde_json::from_slice(request.body.as_ref().and_then(Body::as_json)?).ok()
}

fn operation(operation: &WireOperation) -> String {
    let WireOperation {
        queue_id,
        entity_type,
        entity_id,
        payload,
        ..
    } = operation;
    let payload = Value::Object(payload.clone());
    format!(
        "{queue_id} {:?} {entity_type}/{entity_id} {payload}",
        operation.operation
    )
}

/// What matters of an answer.
fn said(path: &str, body: &str) -> String {
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    if let Some(results) = value["results"].as_array() {
        let one = |result: &Value| {
            let text = |name: &str| result[name].as_str().unwrap_or_default().to_owned();
            let code = result["error"]["code"].as_str().unwrap_or_default().to_owned();
            let version = result["newVersion"]
                .as_u64()
                .map(|version| format!(" v{version}"));
            let parts = [text("queueId"), text("status"), text("entityId"), code];
            let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            format!("{}{}", parts.join(" "), version.unwrap_or_default())
        };
        return results.iter().map(one).collect::<Vec<_>>().join("; ");
    }
    if path.ends_with("/delta") && !value["cursor"].is_null() {
        return format!("{} up to {}", value["changes"], value["cursor"]);
    }
    body.chars().take(120).collect()
}
