use holdfast_core::{Timestamp, decimal::Decimal};
use serde_json::{Value, json};

use crate::{
    format::time::wire,
    forms::entries::{items, text},
};

/// A part on the order: planned, used, or both.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub part: String,
    pub description: String,
    pub unit: String,
    pub used: Decimal,
    pub planned: Option<Decimal>,
}

/// Planned parts first, then the others that were used.
pub fn lines(used: &Value, required: &Value) -> Vec<Line> {
    let line = |item: &Value| Line {
        part: text(item, "partId").to_owned(),
        description: text(item, "description").to_owned(),
        unit: text(item, "unit").to_owned(),
        used: Decimal::ZERO,
        planned: None,
    };
    let mut all: Vec<Line> = Vec::new();
    for item in items(required) {
        all.push(Line {
            planned: Some(quantity(item)),
            ..line(item)
        });
    }
    for item in items(used) {
        let amount = quantity(item);
        match all.iter_mut().find(|line| line.part == text(item, "partId")) {
            Some(line) => line.used = amount,
            None => all.push(Line {
                used: amount,
                ..line(item)
            }),
        }
    }
    all
}

fn quantity(item: &Value) -> Decimal {
    item.get("quantity")
        .and_then(Decimal::of)
        .unwrap_or(Decimal::ZERO)
}

/// The list of used parts with more or less of one, exactly; never less than none.
pub fn step(used: &Value, line: &Line, by: i64, user: &str, now: Timestamp) -> Value {
    let changed = |before: Decimal| {
        let after = before.plus(by.into()).unwrap_or(before);
        after.max(Decimal::ZERO).to_value()
    };
    let mut all = items(used).to_vec();
    match all.iter_mut().find(|item| text(item, "partId") == line.part) {
        Some(item) => item["quantity"] = changed(quantity(item)),
        None => {
            let quantity = changed(Decimal::ZERO);
            let mut item =
                json!({ "partId": line.part, "quantity": quantity, "usedBy": user, "usedAt": wire(now) });
            if !line.description.is_empty() {
                item["description"] = line.description.clone().into();
            }
            if !line.unit.is_empty() {
                item["unit"] = line.unit.clone().into();
            }
            all.push(item);
        }
    }
    Value::Array(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn planned_and_used_stand_on_one_line() {
        let required = json!([{ "partId": "P1", "description": "Seal", "quantity": 1 }]);
        let used = json!([{ "partId": "P2", "description": "Oil", "quantity": 8 }, { "partId": "P1", "quantity": 2 }]);
        let lines = lines(&used, &required);
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].planned, lines[0].used), (Some(1.into()), 2.into()));
        assert_eq!((lines[1].planned, lines[1].used), (None, 8.into()));
    }

    #[test]
    fn steps_add_up_and_stop_at_none() {
        let line = Line {
            part: "P1".into(),
            description: "Seal".into(),
            unit: String::new(),
            used: Decimal::ZERO,
            planned: None,
        };
        let one = step(&Value::Null, &line, 1, "user-1", now());
        assert_eq!(
            one,
            json!([{ "partId": "P1", "quantity": 1, "usedBy": "user-1", "usedAt": "2026-11-21T12:00:00Z", "description": "Seal" }])
        );
        let two = step(&one, &line, 1, "user-2", now());
        assert_eq!(two[0]["quantity"], 2);
        let none = step(
            &step(&two, &line, -2, "user-1", now()),
            &line,
            -1,
            "user-1",
            now(),
        );
        assert_eq!(none[0]["quantity"], 0);
        let tenth = step(
            &json!([{ "partId": "P1", "quantity": 0.1 }]),
            &line,
            1,
            "user-1",
            now(),
        );
        assert_eq!(tenth[0]["quantity"], 1.1);
        let many = step(
            &json!([{ "partId": "P1", "quantity": "9007199254740992" }]),
            &line,
            1,
            "user-1",
            now(),
        );
        assert_eq!(many[0]["quantity"], "9007199254740993");
    }
}
