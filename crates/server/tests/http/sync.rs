//! Sync and REST over HTTP: what only the shell can get wrong. The rules themselves are tested beside them.

use reqwest::{StatusCode, header::HeaderValue};
use serde_json::{Value, json};

use crate::support::{Answer, Server};

struct Session {
    token: String,
    device: String,
}

async fn session(server: &Server, username: &str) -> Session {
    let answer = server.sign_in(username).await;
    let device = answer.body["device_id"].as_str().unwrap().to_owned();
    Session {
        token: answer.access_token().to_owned(),
        device,
    }
}

async fn get(server: &Server, session: &Session, path: &str) -> Answer {
    Answer::of(server.get(path).bearer_auth(&session.token)).await
}

fn update(id: &str, key: &str, version: u64, payload: Value) -> Value {
    let mut payload = payload;
    payload["_version"] = json!(version);
    json!({ "queueId": key, "clientMutationId": key, "domain": "maintenance", "entityType": "work-order", "entityId": id,
        "operation": "update", "payload": payload })
}

#[tokio::test]
async fn a_device_pulls_pushes_and_pulls_again() {
    let server = Server::start().await;
    let technician = session(&server, "technician").await;
    let first = get(&server, &technician, "/api/v1/sync/delta?limit=1000").await;
    assert_eq!(first.status, StatusCode::OK, "{:?}", first.body);
    assert_eq!(first.headers["cache-control"], "no-store");
    let orders = first.body["changes"]["workOrders"].as_array().unwrap();
    assert!(orders.len() > 5 && first.body["changes"]["assets"].as_array().is_some());
    let id = orders[0]["workOrderId"].as_str().unwrap();
    let version = orders[0]["_version"].as_u64().unwrap();

    let operations = json!([update(
        id,
        "k1",
        version,
        json!({ "description": "seen from the road" })
    )]);
    let batch = json!({ "deviceId": technician.device, "operations": operations });
    let push = || {
        server
            .post("/api/v1/sync/push")
            .bearer_auth(&technician.token)
            .json(&batch)
    };
    let pushed = Answer::of(push()).await;
    assert_eq!(
        pushed.body["results"][0]["status"], "success",
        "{:?}",
        pushed.body
    );
    let again = Answer::of(push()).await;
    assert_eq!(
        again.body["results"][0]["newVersion"],
        json!(version + 1),
        "resent, it is not applied again"
    );

    let cursor = first.body["cursor"].as_str().unwrap();
    let delta = get(
        &server,
        &technician,
        &format!("/api/v1/sync/delta?since={cursor}"),
    )
    .await;
    let rows = delta.body["changes"]["workOrders"].as_array().unwrap();
    assert_eq!(
        (rows.len(), &rows[0]["description"]),
        (1, &json!("seen from the road"))
    );
    assert_eq!(rows[0]["_baseVersion"], json!(version));

    let since_then = get(
        &server,
        &technician,
        "/api/v1/sync/delta?since=2020-01-01T00:00:00+00:00&entities=assets",
    )
    .await;
    assert!(
        !since_then.body["changes"]["assets"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let whole = get(
        &server,
        &technician,
        &format!("/api/v1/sync/records?entity=work-orders&ids={id},WO-000000"),
    )
    .await;
    assert_eq!(whole.body["workOrders"].as_array().unwrap().len(), 1);
    let digest = get(
        &server,
        &technician,
        "/api/v1/sync/digest?entities=work-orders&versions=true",
    )
    .await;
    assert_eq!(
        digest.body["entities"]["workOrders"]["count"],
        json!(orders.len())
    );
}

#[tokio::test]
async fn refusals_have_their_status_and_shape() {
    let server = Server::start().await;
    let technician = session(&server, "technician").await;
    let table = [
        ("/api/v1/sync/delta?since=nonsense", 400, "VALIDATION_ERROR"),
        ("/api/v1/sync/delta?limit=many", 400, "VALIDATION_ERROR"),
        ("/api/v1/sync/delta?since=v1.elsewhere.0.7", 410, "GONE"),
        ("/api/v1/sync/delta?entities=ships", 400, "VALIDATION_ERROR"),
        ("/api/v1/sync/records?entity=ships&ids=1", 400, "VALIDATION_ERROR"),
        ("/api/v1/ships", 404, "NOT_FOUND"),
        ("/api/v1/work-orders/WO-999999", 404, "NOT_FOUND"),
        ("/api/v1/work-orders?colour=red", 400, "VALIDATION_ERROR"),
        ("/api/v1/audit", 403, "PERMISSION_DENIED"),
    ];
    for (path, status, code) in table {
        let answer = get(&server, &technician, path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body["error"]["code"].as_str()),
            (status, Some(code)),
            "{path}"
        );
        assert!(
            !answer.body["error"]["message"].as_str().unwrap().is_empty(),
            "{path}"
        );
    }
    for path in [
        "/api/v1/sync/delta",
        "/api/v1/work-orders",
        "/api/v1/domains",
        "/api/v1/audit",
    ] {
        assert_eq!(
            server.get(path).send().await.unwrap().status(),
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
    let foreign = json!({ "deviceId": "another", "operations": [] });
    let push = server
        .post("/api/v1/sync/push")
        .bearer_auth(&technician.token)
        .json(&foreign);
    assert_eq!(Answer::of(push).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn rest_creates_reads_merges_and_deletes() {
    let server = Server::start().await;
    let (technician, supervisor) = (
        session(&server, "technician").await,
        session(&server, "supervisor").await,
    );
    let body = json!({ "title": "Hose leaks", "siteId": "north", "completionNotes": "" });
    let post = || {
        server
            .post("/api/v1/work-orders")
            .bearer_auth(&technician.token)
            .header("idempotency-key", "once")
            .json(&body)
    };
    let made = Answer::of(post()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
    let id = made.body["workOrderId"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/work-orders/{id}");
    // A tag is the epoch and the version.
    let first = made.headers["etag"].to_str().unwrap().to_owned();
    let (epoch, _) = first.split_once('.').unwrap();
    let tag = |version: u64| HeaderValue::from_str(&format!("{epoch}.{version}\"")).unwrap();
    assert_eq!(
        (&made.headers["location"], &made.headers["etag"]),
        (&path.as_str().parse().unwrap(), &tag(1))
    );
    assert_eq!(
        Answer::of(post()).await.body["workOrderId"],
        json!(id),
        "the same key, the same order"
    );

    let patch = |by: &Session, tag: Option<&str>, body: Value| {
        let request = server
            .client
            .patch(format!("{}{path}", server.base))
            .bearer_auth(&by.token)
            .json(&body);
        tag.into_iter()
            .fold(request, |request, tag| request.header("if-match", tag))
    };
    let merged = Answer::of(patch(
        &supervisor,
        Some(&first),
        json!({ "completionNotes": "theirs", "priority": "high" }),
    ))
    .await;
    assert_eq!(
        (merged.status, &merged.headers["etag"]),
        (StatusCode::OK, &tag(2))
    );
    let conflict = Answer::of(patch(
        &technician,
        Some(&first),
        json!({ "completionNotes": "mine", "meterReading": 7 }),
    ))
    .await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    assert_eq!(
        (
            &conflict.body["error"]["code"],
            &conflict.body["record"]["meterReading"]
        ),
        (&json!("VERSION_CONFLICT"), &json!(7))
    );
    let invalid = Answer::of(patch(&technician, None, json!({ "priority": "whenever" }))).await;
    assert_eq!(
        (
            invalid.status.as_u16(),
            &invalid.body["error"]["fields"][0]["field"]
        ),
        (422, &json!("priority"))
    );

    let known = server
        .get(&path)
        .bearer_auth(&technician.token)
        .header("if-none-match", tag(3));
    assert_eq!(Answer::of(known).await.status, StatusCode::NOT_MODIFIED);
    let list = get(&server, &technician, "/api/v1/work-orders?status=open&limit=2").await;
    let tag = list.headers["etag"].to_str().unwrap();
    let again = server
        .get("/api/v1/work-orders?status=open&limit=2")
        .bearer_auth(&technician.token)
        .header("if-none-match", tag);
    assert_eq!(Answer::of(again).await.status, StatusCode::NOT_MODIFIED);
    let history = get(&server, &technician, &format!("{path}/history")).await;
    assert_eq!(history.body.as_array().unwrap().len(), 3);
    assert!(!history.headers.contains_key("link"), "all of it");
    let middle = get(&server, &technician, &format!("{path}/history?after=1&limit=1")).await;
    assert_eq!(middle.body[0]["version"], 2);
    assert_eq!(
        middle.headers["link"],
        format!(
            "<{path}/history?after=2&limit=1>; rel=\"next\", <{path}/history?before=2&limit=1>; rel=\"prev\""
        )
    );
    for wrong in ["limit=0", "limit=501", "limit=x", "after=-1", "after=1&before=2"] {
        let answer = get(&server, &technician, &format!("{path}/history?{wrong}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }

    let conflict_id = conflict.body["conflict"]["conflictId"].as_str().unwrap();
    let resolution = json!({ "resolution": { "completionNotes": { "choice": "mine" } } });
    let resolve = server
        .post(&format!("/api/v1/conflicts/{conflict_id}/resolve"))
        .bearer_auth(&technician.token);
    let resolved = Answer::of(resolve.json(&resolution)).await;
    assert_eq!(
        (resolved.status, &resolved.body["status"]),
        (StatusCode::OK, &json!("resolved")),
        "{:?}",
        resolved.body
    );
    let open = get(&server, &technician, "/api/v1/conflicts?status=open").await;
    assert_eq!(open.body["items"], json!([]));

    let delete = |by: &Session| {
        server
            .client
            .delete(format!("{}{path}", server.base))
            .bearer_auth(&by.token)
    };
    assert_eq!(
        Answer::of(delete(&technician)).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        Answer::of(delete(&supervisor)).await.status,
        StatusCode::PRECONDITION_REQUIRED
    );
    assert_eq!(
        Answer::of(delete(&supervisor).header("if-match", "*"))
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        get(&server, &technician, &path).await.status,
        StatusCode::NOT_FOUND
    );
}

/// The ledger knows the key, and nothing of which request it belonged to.
#[tokio::test]
async fn a_key_used_again_for_another_record_shows_nothing_of_it() {
    let server = Server::start().await;
    let (technician, supervisor) = (
        session(&server, "technician").await,
        session(&server, "supervisor").await,
    );
    let all = get(&server, &supervisor, "/api/v1/work-orders?limit=500").await;
    let ids: Vec<&str> = all.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| order["workOrderId"].as_str().unwrap())
        .collect();
    let (mut own, mut foreign) = (None, None);
    for id in ids {
        let seen = get(&server, &technician, &format!("/api/v1/work-orders/{id}")).await;
        match seen.status {
            StatusCode::OK => own = Some(id),
            _ => foreign = Some(id),
        }
    }
    let patch = |id: &str| {
        server
            .client
            .patch(format!("{}/api/v1/work-orders/{id}", server.base))
            .bearer_auth(&technician.token)
            .header("idempotency-key", "once")
            .json(&json!({ "meterReading": 7 }))
    };
    assert_eq!(Answer::of(patch(own.unwrap())).await.status, StatusCode::OK);
    let answer = Answer::of(patch(foreign.unwrap())).await;
    assert_eq!(
        (answer.status, &answer.body),
        (StatusCode::NO_CONTENT, &json!("")),
        "not the caller's to see"
    );
}

#[tokio::test]
async fn an_administrator_reads_the_audit_and_restores() {
    let server = Server::start().await;
    let (supervisor, admin) = (
        session(&server, "supervisor").await,
        session(&server, "admin").await,
    );
    let list = get(&server, &supervisor, "/api/v1/work-orders?limit=1&status=open").await;
    let order = list.body["items"][0].clone();
    let path = format!("/api/v1/work-orders/{}", order["workOrderId"].as_str().unwrap());
    let found = get(&server, &supervisor, &path).await;
    let tag = found.headers["etag"].to_str().unwrap();
    for (by, words) in [(&supervisor, "first"), (&admin, "second")] {
        let patch = server
            .client
            .patch(format!("{}{path}", server.base))
            .bearer_auth(&by.token);
        let done = Answer::of(patch.header("if-match", tag).json(&json!({ "title": words }))).await;
        assert_eq!(done.status, StatusCode::OK, "{:?}", done.body);
    }
    let audit = get(&server, &admin, "/api/v1/audit?entity=work-order&limit=5").await;
    let entry = &audit.body["items"][0];
    assert_eq!(
        (&entry["losing"][0]["value"], &entry["losing"][0]["by"]),
        (&json!("first"), &json!("supervisor"))
    );
    let restore = server.post(&format!(
        "/api/v1/audit/{}/restore",
        entry["auditId"].as_str().unwrap()
    ));
    let restored = Answer::of(restore.bearer_auth(&admin.token).json(&json!({}))).await;
    assert_eq!(
        (restored.status, &restored.body["title"]),
        (StatusCode::OK, &json!("first")),
        "{:?}",
        restored.body
    );
}

#[tokio::test]
async fn packs_scopes_and_the_api_describe_themselves() {
    let server = Server::start().await;
    let technician = session(&server, "technician").await;
    let domains = get(&server, &technician, "/api/v1/domains").await;
    let names: Vec<_> = domains.body["packs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pack| pack["name"].clone())
        .collect();
    assert_eq!(
        names,
        [json!("system"), json!("maintenance"), json!("service-desk")]
    );
    let tag = domains.headers["etag"].to_str().unwrap();
    let again = server
        .get("/api/v1/domains")
        .bearer_auth(&technician.token)
        .header("if-none-match", tag);
    assert_eq!(Answer::of(again).await.status, StatusCode::NOT_MODIFIED);
    let me = server.me(&technician.token).await;
    let scopes = me.body["scopes"].as_array().unwrap();
    assert!(
        scopes.contains(&json!("maintenance:work-order:update")) && !scopes.contains(&json!("system:*:*"))
    );
    let openapi = Answer::of(server.get("/api/v1/openapi.json")).await;
    for path in [
        "/api/v1/sync/push",
        "/api/v1/{entities}/{id}/history",
        "/api/v1/audit/{id}/restore",
        "/api/v1/me",
    ] {
        assert!(openapi.body["paths"].get(path).is_some(), "{path}");
    }
}
