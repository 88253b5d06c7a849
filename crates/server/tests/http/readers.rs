//! Readers that are no devices, over HTTP, while others write.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Answer, Server};

const WRITERS: usize = 4;
const EACH: usize = 25;

/// One page from a time or a cursor.
async fn page(server: &Server, token: &str, since: &str) -> Value {
    let path = format!("/api/v1/sync/delta?since={since}&entities=work-orders&limit=7");
    let request = server.get(&path);
    let answer = Answer::of(request.bearer_auth(token)).await;
    assert_eq!(answer.status, StatusCode::OK, "{since}: {:?}", answer.body);
    answer.body
}

async fn write(server: &Server, token: &str, number: usize) {
    let site = json!({ "title": format!("reader {number}"), "siteId": "north", "assetId": "AST-0002", "type": "corrective" });
    let request = server.post("/api/v1/work-orders").bearer_auth(token).json(&site);
    let answer = Answer::of(request).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_misses_nothing_while_others_write() {
    let server = Server::start().await;
    let token = server.sign_in("supervisor").await.access_token().to_owned();
    for goes_on_by in ["syncTimestamp", "cursor"] {
        let done = AtomicUsize::new(0);
        let [first, second, third, fourth]: [_; WRITERS] = std::array::from_fn(|writer| {
            let (server, token, done) = (&server, &token, &done);
            async move {
                for number in 0..EACH {
                    write(server, token, writer * EACH + number).await;
                }
                done.fetch_add(1, Ordering::SeqCst);
            }
        });
        let reader = async {
            let (mut since, mut seen) = ("2020-01-01T00:00:00Z".to_owned(), BTreeSet::new());
            loop {
                let ended = done.load(Ordering::SeqCst) == WRITERS;
                let page = page(&server, &token, &since).await;
                let rows = page["changes"]["workOrders"].as_array();
                let ours = rows.into_iter().flatten().filter(|row| {
                    let title = row["title"].as_str();
                    title.is_some_and(|title| title.starts_with("reader "))
                });
                seen.extend(ours.map(|row| row["workOrderId"].as_str().unwrap().to_owned()));
                since = page[goes_on_by].as_str().unwrap().to_owned();
                if ended && page["hasMore"] == false {
                    // Nothing new, nothing again.
                    let last = self::page(&server, &token, &since).await;
                    assert!(last["changes"].get("workOrders").is_none(), "{last}");
                    assert_eq!(last[goes_on_by], since.as_str());
                    return seen.len();
                }
            }
        };
        let (seen, ..) = tokio::join!(reader, first, second, third, fourth);
        let all = if goes_on_by == "cursor" { 2 } else { 1 } * WRITERS * EACH;
        assert_eq!(seen, all, "by {goes_on_by}");
    }
}
