//! What the server holds in the end, read by an administrator, against what it acknowledged.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::board::{Board, Taken};
use crate::session::Session;
use crate::writer::PART;

/// Every acknowledged write is there, once, and in order; and nothing that nobody wrote.
pub async fn check(admin: &Session, board: &Board) {
    let orders = all_orders(admin).await;
    let mut by_order: BTreeMap<String, Vec<Taken>> = BTreeMap::new();
    for write in board.taken() {
        by_order.entry(write.order.clone()).or_default().push(write);
    }
    for (id, writes) in &by_order {
        let order = orders
            .get(id)
            .unwrap_or_else(|| panic!("{id} was acknowledged and is not there"));
        check_order(id, order, writes);
    }
    let created = |order: &&Value| {
        order["title"]
            .as_str()
            .is_some_and(|title| title.starts_with("Order "))
    };
    assert_eq!(
        orders.values().filter(created).count(),
        by_order.len(),
        "orders that writers created"
    );
}

fn check_order(id: &str, order: &Value, writes: &[Taken]) {
    let mut noted: Vec<&str> = order["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["noteId"].as_str().unwrap())
        .collect();
    for pair in noted.windows(2) {
        let of = |key: &str| key.split_once('-').map(|(writer, _)| writer.to_owned());
        assert!(
            of(pair[0]) != of(pair[1]) || pair[0] < pair[1],
            "{id}: {} stands before {}",
            pair[0],
            pair[1]
        );
    }
    let mut keys: Vec<&str> = writes.iter().map(|write| write.key.as_str()).collect();
    noted.sort_unstable();
    keys.sort_unstable();
    assert_eq!(noted, keys, "{id}: notes there, and writes acknowledged");
    let used = order["partsUsed"].as_array().unwrap();
    let used = used
        .iter()
        .find(|part| part["partId"] == PART)
        .and_then(|part| part["quantity"].as_i64());
    assert_eq!(
        used,
        Some(writes.iter().map(|write| write.quantity).sum()),
        "{id}: each write counts once"
    );
    for title in writes.iter().filter_map(|write| write.title.as_deref()) {
        assert_eq!(order["title"], title, "{id}");
    }
}

async fn all_orders(admin: &Session) -> BTreeMap<String, Value> {
    let mut orders = BTreeMap::new();
    let mut page = String::new();
    loop {
        let answer = admin
            .get_surely(&format!("/api/v1/work-orders?limit=200{page}"))
            .await;
        for order in answer["items"].as_array().unwrap() {
            let id = order["workOrderId"].as_str().unwrap().to_owned();
            assert!(
                orders.insert(id, order.clone()).is_none(),
                "an order stands on two pages"
            );
        }
        match answer["nextPage"].as_str() {
            Some(next) => page = format!("&page={next}"),
            None => return orders,
        }
    }
}
