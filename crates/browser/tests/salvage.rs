//! What does not open any more, and the way out: it is told, saved as it lies there, and let go of at a person's word.
//! Everything else stays, the queue with it, and folding goes on.

#![allow(clippy::unwrap_used)]

mod support;

use std::rc::Rc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use holdfast_browser::{
    client::{Client, Context, Session},
    clock::PlatformClock,
    seal::passphrase,
};
use holdfast_core::{
    engine::{Round, Trigger},
    ports::Clock,
    record::RecordKey,
    status::Status,
    store::{PacksRow, Quarantined, Row, Store},
};
use serde_json::Value;
use support::{
    change_value,
    device::{Device, PASSCODE, gate_event, until, yard},
    page, put, script, work_order,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const DAMAGE: &str = "value[30] ^= 1";
const PHRASE: &str = "a phrase of its own";

fn database(session: &Session) -> String {
    session.store().database().name().to_owned()
}

/// The plates that the queue holds, in order.
fn queued(session: &Session) -> Vec<String> {
    let plate =
        |write: &holdfast_core::queue::QueuedWrite| write.payload["plate"].as_str().unwrap().to_owned();
    session.read(|device| device.writes().map(plate).collect())
}

/// As another tab that is opened now.
async fn opened(device: &Device) -> (Client, Rc<Session>) {
    let client = device.context(Context::Page);
    let session = client.unlock(&device.user_id, PASSCODE).await.unwrap();
    (client, session)
}

/// What comes of a round of this tab's own, once no other is under way.
async fn round(session: &Rc<Session>) -> Round {
    for _ in 0..100 {
        match session.sync().run(Trigger::Manual).await {
            Round::Elsewhere => PlatformClock.sleep(50).await,
            round => return round,
        }
    }
    panic!("another round does not end");
}

/// How many values an object store holds.
async fn count(database: &str, store: &str) -> f64 {
    let body = r#"
        const open = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
        const db = await open(indexedDB.open(a));
        const count = await open(db.transaction(b).objectStore(b).count());
        db.close();
        return count;
    "#;
    script(body, &[database.into(), store.into()])
        .await
        .as_f64()
        .unwrap()
}

/// A device with three writes, of which the second one's commit is damaged.
async fn with_a_damaged_commit() -> (Device, u64) {
    let device = Device::new();
    let (_client, session) = device.set_up().await;
    // An attempt to send would write them once more.
    until("out of reach", || {
        session.sync().status() == Status::Offline { unsent: 0 }
    })
    .await;
    let mut revisions = Vec::new();
    for (id, plate) in [("1", "first"), ("2", "second"), ("3", "third")] {
        session.queue().edit(&gate_event(id, plate)).await.unwrap();
        revisions.push(session.read(|device| device.revision()));
    }
    let damaged = revisions[1];
    change_value(&database(&session), "journal", damaged as f64, DAMAGE).await;
    (device, damaged)
}

#[wasm_bindgen_test]
async fn a_commit_that_does_not_open_is_let_go_of_and_the_queue_stays() {
    let (device, damaged) = with_a_damaged_commit().await;
    let (_client, session) = opened(&device).await;
    let set_aside: Vec<_> = session.read(|device| device.quarantined().collect());
    assert_eq!(set_aside, [Quarantined::Commit(damaged)]);
    assert_eq!(session.recovery().unreadable().await, Ok(1));
    session.sync().fold(0).await.unwrap();
    assert_eq!(
        session.read(|device| device.folded_at()),
        0,
        "as long as it is there nothing is folded away"
    );

    let sealed = session.recovery().export(PHRASE).await.unwrap();
    let plain = passphrase::open(PHRASE, &sealed).await.unwrap();
    let exported: Value = serde_json::from_slice(&plain).unwrap();
    assert_eq!(exported["writes"].as_array().unwrap().len(), 2);
    let bytes = STANDARD
        .decode(exported["unreadable"][0]["sealed"].as_str().unwrap())
        .unwrap();
    let kept = format!("globalThis.same = value.join() === '{}'", join(&bytes));
    change_value(&database(&session), "journal", damaged as f64, &kept).await;
    assert!(
        script("return same", &[]).await.is_truthy(),
        "what is saved is what lies there"
    );

    session.recovery().discard_unreadable().await.unwrap();
    assert_eq!(session.recovery().unreadable().await, Ok(0));
    assert_eq!(queued(&session), ["first", "third"]);
    assert!(
        session.read(|device| device.cursor().is_none()),
        "everything is read again"
    );
    let folded_at = session.read(|device| device.folded_at());
    session.queue().edit(&gate_event("4", "fourth")).await.unwrap();
    session.sync().fold(0).await.unwrap();
    assert!(
        session.read(|device| device.folded_at()) > folded_at,
        "folding goes on"
    );
    let (_client, again) = opened(&device).await;
    assert_eq!(queued(&again), ["first", "third", "fourth"]);
    assert_eq!(again.recovery().unreadable().await, Ok(0));
}

fn join(bytes: &[u8]) -> String {
    let bytes: Vec<String> = bytes.iter().map(u8::to_string).collect();
    bytes.join(",")
}

#[wasm_bindgen_test]
async fn two_tabs_let_go_at_once_while_a_third_writes() {
    let (device, _) = with_a_damaged_commit().await;
    let (_one, one) = opened(&device).await;
    let (_other, other) = opened(&device).await;
    let (_third, third) = opened(&device).await;
    let event = gate_event("4", "fourth");
    let (a, b, c) = futures::join!(
        one.recovery().discard_unreadable(),
        other.recovery().discard_unreadable(),
        third.queue().edit(&event)
    );
    a.unwrap();
    b.unwrap();
    c.unwrap();
    for session in [&one, &other, &third] {
        session.sync().catch_up().await.unwrap();
        assert_eq!(queued(session), ["first", "third", "fourth"]);
        assert_eq!(session.recovery().unreadable().await, Ok(0));
    }
}

#[wasm_bindgen_test]
async fn a_base_that_does_not_open_is_let_go_of_and_the_device_knows_itself_again() {
    let device = Device::new();
    let (_client, session) = device.set_up().await;
    // An attempt to send would write them once more.
    until("out of reach", || {
        session.sync().status() == Status::Offline { unsent: 0 }
    })
    .await;
    let revision = session.read(|device| device.revision());
    let many: Vec<Row> = (0..150).map(|n| work_order(&n.to_string(), "a title")).collect();
    let store = session.store();
    store.commit(revision, &page(1, &many)).await.unwrap();
    session.sync().catch_up().await.unwrap();
    session
        .queue()
        .edit(&gate_event("1", "in the base"))
        .await
        .unwrap();
    session.sync().fold(0).await.unwrap();
    session.queue().edit(&gate_event("2", "after it")).await.unwrap();
    let folded = session.read(|device| device.folded_at());
    let database = database(&session);
    change_value(&database, "base", (folded * 4_096) as f64, DAMAGE).await;

    let (_client, session) = opened(&device).await;
    assert!(session.read(|device| device.quarantined().any(|lost| lost == Quarantined::Base)));
    assert_eq!(round(&session).await, Round::NotSetUp, "it knows not who it is");
    session.recovery().discard_unreadable().await.unwrap();
    assert_eq!(session.recovery().unreadable().await, Ok(0));
    assert_eq!(queued(&session), ["after it"]);
    let known = session.read(|device| device.device().cloned()).unwrap();
    assert_eq!(
        (known.user_id.as_str(), known.device_id.as_str()),
        (device.user_id.as_str(), "device-1")
    );
    assert_ne!(round(&session).await, Round::NotSetUp);
    for sections in ["heads", "texts", "bodies"] {
        assert_eq!(
            count(&database, sections).await,
            0.0,
            "pages that nothing names go: {sections}"
        );
    }

    let packs = Row::Packs(PacksRow { packs: vec![yard()] });
    session.sync().catch_up().await.unwrap();
    let revision = session.read(|device| device.revision());
    let store = session.store();
    store.commit(revision, &put([packs])).await.unwrap();
    session.sync().catch_up().await.unwrap();
    session.queue().edit(&gate_event("3", "later")).await.unwrap();
    session.sync().fold(0).await.unwrap();
    let (_client, again) = opened(&device).await;
    assert_eq!(queued(&again), ["after it", "later"]);
    let key = RecordKey::new("gate-event", "3");
    assert!(again.read(|device| device.view(&key).is_some()));
}

#[wasm_bindgen_test]
async fn where_everything_opens_nothing_is_let_go_of() {
    let device = Device::new();
    let (_client, session) = device.set_up().await;
    session.queue().edit(&gate_event("1", "first")).await.unwrap();
    let revision = session.read(|device| device.revision());
    let database = database(&session);
    let before = count(&database, "journal").await;
    session.recovery().discard_unreadable().await.unwrap();
    assert!(session.read(|device| device.revision()) >= revision);
    assert!(count(&database, "journal").await >= before, "no fold took place");
    assert_eq!(queued(&session), ["first"]);
}
