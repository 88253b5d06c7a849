//! Over HTTP, too, nobody writes in another's name, nor moves a record out of their own reach.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Server};

async fn send(server: &Server, token: &str, (method, path): (Method, &str), body: Value) -> Answer {
    let request = server.client.request(method, format!("{}{path}", server.base));
    Answer::of(request.bearer_auth(token).json(&body)).await
}

#[tokio::test]
async fn rest_and_push_refuse_another_name_at_its_place() {
    let server = Server::start().await;
    let signed_in = server.sign_in("technician").await;
    let (token, device) = (signed_in.access_token(), signed_in.body["device_id"].clone());
    let note = |by: &str| json!([{ "noteId": "n-1", "text": "Done.", "by": by, "at": "2199-01-01T00:00:00Z" }]);
    let new = |notes: Value| json!({ "title": "Leak", "siteId": "north", "notes": notes });
    let table = [
        (new(note("supervisor")), "notes[0].by"),
        (json!({ "title": "Leak", "siteId": "north", "laborRecords": [{ "laborId": "l", "personId": "admin", "hours": 8 }] }), "laborRecords[0].personId"),
        (json!({ "title": "Leak", "siteId": "north", "tasks": [{ "taskId": "t", "title": "Look", "done": true, "doneBy": "admin" }] }), "tasks[0].doneBy"),
    ];
    for (body, field) in table {
        let refused = send(&server, token, (Method::POST, "/api/v1/work-orders"), body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused.body["error"]["fields"][0]["field"], field, "{:?}", refused.body);
    }
    let made = send(&server, token, (Method::POST, "/api/v1/work-orders"), new(note("technician"))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
    let stored = &made.body["notes"][0];
    assert_eq!((&stored["by"], &stored["at"]), (&json!("technician"), &stored["atReceived"]), "not in the future");
    let path = format!("/api/v1/work-orders/{}", made.body["workOrderId"].as_str().unwrap());
    let forged = json!({ "notes": [{ "noteId": "n-2", "text": "Mine.", "by": "supervisor" }] });
    let refused = send(&server, token, (Method::PATCH, &path), forged.clone()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let operation = json!({ "queueId": "q", "entityType": "work-order", "entityId": made.body["workOrderId"], "operation": "update", "payload": forged });
    let batch = json!({ "deviceId": device, "operations": [operation] });
    let pushed = send(&server, token, (Method::POST, "/api/v1/sync/push"), batch).await;
    let error = &pushed.body["results"][0]["error"];
    assert_eq!((&error["code"], &error["fields"][0]["field"]), (&json!("VALIDATION_ERROR"), &json!("notes[0].by")));
}

#[tokio::test]
async fn the_supervisor_of_one_site_moves_nothing_to_another() {
    let server = Server::start().await;
    server.change(|store| {
        let mut supervisor = store.user_by_name("supervisor").unwrap().unwrap();
        supervisor.sites = vec!["north".into()];
        store.save_user(&supervisor).unwrap();
    });
    let signed_in = server.sign_in("supervisor").await;
    let token = signed_in.access_token();
    let body = json!({ "title": "Leak", "siteId": "north" });
    let made = send(&server, token, (Method::POST, "/api/v1/work-orders"), body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
    let path = format!("/api/v1/work-orders/{}", made.body["workOrderId"].as_str().unwrap());
    let moved = send(&server, token, (Method::PATCH, &path), json!({ "siteId": "south" })).await;
    assert_eq!(moved.status, StatusCode::FORBIDDEN, "{:?}", moved.body);
    let handed = send(&server, token, (Method::PATCH, &path), json!({ "assignedTo": "supervisor" })).await;
    assert_eq!(handed.status, StatusCode::OK, "{:?}", handed.body);
    assert_eq!(handed.body["siteId"], "north");
}
