use holdfast_core::Timestamp;
use serde_json::{Value, json};

use crate::{
    format::time::wire,
    forms::entries::{items, text},
};

/// One line of the check-list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Task {
    pub id: String,
    pub title: String,
    pub note: String,
    pub done: bool,
}

pub fn tasks(list: &Value) -> Vec<Task> {
    let task = |item: &Value| Task {
        id: text(item, "taskId").to_owned(),
        title: text(item, "title").to_owned(),
        note: text(item, "note").to_owned(),
        done: item.get("done").and_then(Value::as_bool).unwrap_or_default(),
    };
    items(list).iter().map(task).collect()
}

/// The list with one task done, or not done after all.
pub fn tick(list: &Value, id: &str, done: bool, user: &str, now: Timestamp) -> Value {
    let ticked = items(list).iter().map(|item| {
        let mut item = item.clone();
        if text(&item, "taskId") == id
            && let Some(parts) = item.as_object_mut()
        {
            parts.insert("done".into(), done.into());
            let (by, at) = if done {
                (json!(user), json!(wire(now)))
            } else {
                (Value::Null, Value::Null)
            };
            parts.insert("doneBy".into(), by);
            parts.insert("doneAt".into(), at);
        }
        item
    });
    Value::Array(ticked.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_changes_its_own_task_only() {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let list = json!([{ "taskId": "1", "title": "A" }, { "taskId": "2", "title": "B", "done": false }]);
        let ticked = tick(&list, "2", true, "user-1", now);
        assert_eq!(ticked[0], list[0]);
        assert_eq!(
            ticked[1],
            json!({ "taskId": "2", "title": "B", "done": true, "doneBy": "user-1", "doneAt": "2026-11-21T12:00:00Z" })
        );
        let back = tick(&ticked, "2", false, "user-1", now);
        assert_eq!(tasks(&back), tasks(&list));
    }
}
