//! Who goes round when a page and the worker both could, over a server that a script plays.

#![allow(clippy::unwrap_used)]

mod support;

use std::{collections::BTreeSet, rc::Rc};

use holdfast_browser::{
    client::{Client, Context, Session},
    clock::PlatformClock,
};
use holdfast_core::{
    engine::{Round, Trigger},
    ports::Clock,
    status::Status,
};
use support::{
    device::{Device, gate_event, until, yard},
    script,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Takes the place of `fetch`: accepts every write after a while, unless it is out of reach or puts it off (`putOff` times),
/// and notes what was sent.
const SERVER: &str = r#"
    globalThis.original ??= fetch;
    Object.assign(globalThis, { reachable: true, putOff: 0, sent: [], underWay: 0, most: 0 });
    const json = (body) => new Response(JSON.stringify(body), { headers: { "content-type": "application/json" } });
    const push = async (request) => {
        const { operations } = JSON.parse(await request.text());
        sent.push(...operations.map((operation) => operation.clientMutationId));
        most = Math.max(most, ++underWay);
        await new Promise((done) => setTimeout(done, 300));
        underWay -= 1;
        if (!reachable) throw new TypeError("no route");
        const answer = putOff-- > 0
            ? { status: "retry", error: { code: "SERVER_ERROR", message: "Not now." } }
            : { status: "success", newVersion: 1 };
        const results = operations.map(({ queueId, entityId }) => ({ queueId, entityId, ...answer }));
        return json({ serverTime: new Date().toISOString(), results });
    };
    const answers = {
        "/healthz": { status: "ok", service: "holdfast" },
        "/oauth/token": { access_token: "t", token_type: "Bearer", expires_in: 600, device_id: "device-1", user_id: a },
        "/api/v1/me": { userId: a, username: "tim", displayName: "Tim", roles: [], sites: [], scopes: [] },
        "/api/v1/domains": { packs: [JSON.parse(b)] },
        "/api/v1/sync/delta": { syncTimestamp: "2026-01-01T00:00:00Z", cursor: "c", hasMore: false,
            changes: { deletedIds: {}, revokedIds: {} } },
        "/api/v1/sync/digest": { epoch: "e", entities: {} },
    };
    globalThis.fetch = async (request) => {
        const { pathname } = new URL(request.url);
        if (pathname === "/api/v1/sync/push") return push(request);
        if (!reachable) throw new TypeError("no route");
        return json(answers[pathname] ?? {});
    };
"#;

/// A page and the worker of one device, the page in sync.
async fn page_and_worker() -> (Client, Rc<Session>, Client, Rc<Session>) {
    let device = Device::new();
    let yard = serde_json::to_string(&yard()).unwrap();
    script(SERVER, &[device.user_id.clone().into(), yard.into()]).await;
    let (page, session) = device.set_up().await;
    until("the page is in sync", || {
        matches!(session.sync().status(), Status::Synced { .. })
    })
    .await;
    let worker = device.context(Context::Worker);
    let inside = worker.resume().await.unwrap().unwrap();
    until_synced(&inside).await;
    (page, session, worker, inside)
}

/// A round of its own, by which it also has a token.
async fn until_synced(session: &Rc<Session>) {
    for _ in 0..10 {
        if session.sync().run(Trigger::Manual).await == Round::Done {
            return;
        }
        PlatformClock.sleep(100).await;
    }
    panic!("no round of its own within a second");
}

/// The keys of the writes that were sent, in order; and how many requests were under way at a time at most.
async fn sent() -> (Vec<String>, u32) {
    let text = script("return sent.join() + \"/\" + most", &[]).await;
    let text = text.as_string().unwrap();
    let (keys, most) = text.split_once('/').unwrap();
    let keys = keys.split(',').filter(|key| !key.is_empty());
    (keys.map(str::to_owned).collect(), most.parse().unwrap())
}

#[wasm_bindgen_test]
async fn a_page_takes_over_at_its_own_time_what_the_worker_could_not_send() {
    let (_page, session, _worker, inside) = page_and_worker().await;
    script("reachable = false", &[]).await;
    inside
        .queue()
        .edit_once(&gate_event("1", "AB 12"), "key-1".into())
        .await
        .unwrap();
    until("the page says so", || {
        session.sync().status() == Status::Offline { unsent: 1 }
    })
    .await;
    PlatformClock.sleep(1_500).await;
    assert_eq!(sent().await.0, ["key-1"], "the page resends nothing at once");
    script("reachable = true", &[]).await;
    for _ in 0..2 {
        if session.read(|device| device.unsent()) > 0 {
            PlatformClock.sleep(4_000).await;
        }
    }
    until("the page sends it when its wait is over", || {
        session.read(|device| device.unsent()) == 0
    })
    .await;
    assert_eq!(sent().await.0, ["key-1", "key-1"]);
    assert!(matches!(session.sync().status(), Status::Synced { .. }));
    script("globalThis.fetch = original", &[]).await;
}

#[wasm_bindgen_test]
async fn what_the_server_put_off_in_the_worker_is_sent_by_the_page_when_its_wait_is_over() {
    let (_page, session, _worker, inside) = page_and_worker().await;
    script("putOff = 1", &[]).await;
    inside
        .queue()
        .edit_once(&gate_event("1", "AB 12"), "key-1".into())
        .await
        .unwrap();
    until("the page knows of the wait", || {
        session.read(|device| device.open_writes().any(|write| write.not_before.is_some()))
    })
    .await;
    assert_eq!(
        sent().await.0,
        ["key-1"],
        "nothing is sent before the wait is over"
    );
    for _ in 0..4 {
        if session.read(|device| device.unsent()) > 0 {
            PlatformClock.sleep(2_000).await;
        }
    }
    until("the page has sent it", || {
        session.read(|device| device.unsent()) == 0
    })
    .await;
    assert_eq!(sent().await.0, ["key-1", "key-1"]);
    script("globalThis.fetch = original", &[]).await;
}

#[wasm_bindgen_test]
async fn what_one_context_is_sending_no_other_sends() {
    let (_page, session, _worker, inside) = page_and_worker().await;
    for number in 0..4 {
        let id = number.to_string();
        let context = if number % 2 == 0 { &session } else { &inside };
        context
            .queue()
            .edit_once(&gate_event(&id, "AB 12"), format!("key-{id}"))
            .await
            .unwrap();
        session.sync().request(Trigger::Manual);
        inside.sync().request(Trigger::Reconnect);
        PlatformClock.sleep(100).await;
    }
    until("everything is sent", || {
        session.read(|device| device.unsent()) == 0
    })
    .await;
    let (keys, most) = sent().await;
    let distinct: BTreeSet<&String> = keys.iter().collect();
    assert_eq!((keys.len(), distinct.len(), most), (4, 4, 1), "{keys:?}");
    script("globalThis.fetch = original", &[]).await;
}

/// Takes the lock of the device's rounds, as a page does that is at it, and gives it back after `ms` milliseconds.
async fn hold_the_lock(session: &Rc<Session>, ms: u32) {
    session
        .queue()
        .edit_once(&gate_event("first", "AB 12"), "key-first".into())
        .await
        .unwrap();
    PlatformClock.sleep(100).await;
    let hold = r#"
        const { held } = await navigator.locks.query();
        const [name, ...more] = held.map((lock) => lock.name).filter((name) => name.endsWith("-sync"));
        if (!name || more.length) throw new Error(`held: ${JSON.stringify(held)}`);
        await new Promise((granted) => navigator.locks.request(name, () => {
            granted();
            return new Promise((done) => setTimeout(done, a));
        }));
    "#;
    script(hold, &[ms.into()]).await;
    assert_eq!(sent().await.0, ["key-first"], "the round is over");
}

#[wasm_bindgen_test]
async fn the_worker_waits_for_a_page_that_is_at_it_and_sends_what_that_one_leaves_behind() {
    let (_page, session, _worker, inside) = page_and_worker().await;
    hold_the_lock(&session, 700).await;
    session
        .queue()
        .edit_once(&gate_event("second", "AB 12"), "key-second".into())
        .await
        .unwrap();
    assert_eq!(inside.sync().run(Trigger::Reconnect).await, Round::Done);
    assert_eq!(sent().await.0, ["key-first", "key-second"]);
    script("globalThis.fetch = original", &[]).await;
}

#[wasm_bindgen_test]
async fn the_worker_does_nothing_after_a_page_that_has_sent_everything() {
    let (_page, session, _worker, inside) = page_and_worker().await;
    session
        .queue()
        .edit_once(&gate_event("1", "AB 12"), "key-1".into())
        .await
        .unwrap();
    PlatformClock.sleep(100).await;
    assert_eq!(inside.sync().run(Trigger::Reconnect).await, Round::Elsewhere);
    assert_eq!(
        (sent().await.0, inside.read(|device| device.unsent())),
        (vec!["key-1".to_owned()], 0)
    );
    script("globalThis.fetch = original", &[]).await;
}
