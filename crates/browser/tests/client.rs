//! The client without a server: what a person can do on a device that is out of reach. With the server, the
//! end-to-end tests drive it through the app.

#![allow(clippy::unwrap_used)]

mod support;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use holdfast_browser::{
    client::{ClientError, ClientEvent, Context, LockAfter, Session},
    clock::PlatformClock,
    seal::passphrase,
    vault::{Vault, VaultError},
};
use holdfast_core::{ports::Clock, record::RecordKey, status::Status, store::StoreError};
use support::{
    device::{Device, PASSCODE, gate_event, until},
    dump, script,
};
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn plate(session: &Session, id: &str) -> Option<String> {
    let key = RecordKey::new("gate-event", id);
    session.read(|device| device.view(&key).map(|view| view.text("plate").to_owned()))
}

#[wasm_bindgen_test]
async fn an_edit_out_of_reach_is_kept_and_the_status_says_so() {
    let device = Device::new();
    let (client, session) = device.set_up().await;
    let edited = session.queue().edit(&gate_event("1", "AB 12")).await.unwrap();
    assert!(edited.queue_id.is_some());
    assert_eq!(plate(&session, "1").as_deref(), Some("AB 12"));
    until("the client notices that there is no server", || {
        session.sync().status() == Status::Offline { unsent: 1 }
    })
    .await;
    drop((client, session));
    let client = device.context(Context::Page);
    assert_eq!(client.users().await.unwrap()[0].user_id, device.user_id);
    let session = client.unlock(&device.user_id, PASSCODE).await.unwrap();
    assert_eq!(
        plate(&session, "1").as_deref(),
        Some("AB 12"),
        "there after a restart"
    );
    assert_eq!(session.read(|device| device.unsent()), 1);
}

#[wasm_bindgen_test]
async fn a_device_is_set_up_before_anybody_answers_whether_its_storage_is_kept() {
    // As Firefox does while it asks the person.
    script(
        "globalThis.persist = navigator.storage.persist; globalThis.asked = 0;
        navigator.storage.persist = () => { asked += 1; return new Promise(() => {}); };",
        &[],
    )
    .await;
    let device = Device::new();
    let set_up = Rc::new(Cell::new(false));
    spawn_local({
        let set_up = set_up.clone();
        async move {
            device.set_up().await;
            set_up.set(true);
        }
    });
    until("the device is set up", || set_up.get()).await;
    let asked = script("navigator.storage.persist = persist; return asked", &[]).await;
    assert_eq!(asked, 1);
}

#[wasm_bindgen_test]
async fn whoever_comes_back_to_the_app_has_the_server_asked_at_once() {
    let device = Device::new();
    let (_client, session) = device.set_up().await;
    session.queue().edit(&gate_event("1", "AB 12")).await.unwrap();
    until("out of reach", || {
        session.sync().status() == Status::Offline { unsent: 1 }
    })
    .await;
    script(
        r#"
        globalThis.original = fetch;
        globalThis.probes = 0;
        globalThis.fetch = (request) => {
            if (request.url.endsWith("/healthz")) probes += 1;
            return original(request);
        };
        const show = (state) => {
            Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        };
        show("visible");
        globalThis.before = probes;
        show("hidden");
        show("visible");
        delete document.visibilityState;
        "#,
        &[],
    )
    .await;
    PlatformClock.sleep(500).await;
    let counted = script("globalThis.fetch = original; return before + \"/\" + probes", &[]).await;
    assert_eq!(
        counted.as_string().unwrap(),
        "0/1",
        "once, and only for a page that was hidden"
    );
}

#[wasm_bindgen_test]
async fn another_tab_shows_the_edit_and_is_told() {
    let device = Device::new();
    let (_first, session) = device.set_up().await;
    let second = device.context(Context::Page);
    let heard: Rc<RefCell<Vec<ClientEvent>>> = Rc::default();
    let subscription = second.subscribe({
        let heard = heard.clone();
        move |event| heard.borrow_mut().push(event)
    });
    let other = second.unlock(&device.user_id, PASSCODE).await.unwrap();
    session.queue().edit(&gate_event("1", "AB 12")).await.unwrap();
    until("the edit reaches the other tab", || plate(&other, "1").is_some()).await;
    assert!(heard.borrow().contains(&ClientEvent::Opened));
    assert!(
        heard
            .borrow()
            .iter()
            .any(|event| matches!(event, ClientEvent::Changed(_)))
    );
    drop(subscription);
    let before = heard.borrow().len();
    session.queue().edit(&gate_event("2", "CD 34")).await.unwrap();
    until("the next edit too", || plate(&other, "2").is_some()).await;
    assert_eq!(heard.borrow().len(), before, "nobody is told after unsubscribing");
}

#[wasm_bindgen_test]
async fn both_tabs_edit_at_once_and_nothing_is_lost() {
    let device = Device::new();
    let (_first, session) = device.set_up().await;
    let second = device.context(Context::Page);
    let other = second.unlock(&device.user_id, PASSCODE).await.unwrap();
    let ids: Vec<String> = (0..10).map(|n| n.to_string()).collect();
    let edits = ids.iter().map(|id| {
        let tab = if id.len() % 2 == 0 { &session } else { &other };
        let edit = gate_event(id, "AB 12");
        async move { tab.queue().edit(&edit).await.unwrap() }
    });
    futures::future::join_all(edits).await;
    session.sync().catch_up().await.unwrap();
    assert_eq!(session.read(|device| device.unsent()), 10);
}

#[wasm_bindgen_test]
async fn locking_locks_every_context() {
    let device = Device::new();
    let (first, session) = device.set_up().await;
    let second = device.context(Context::Page);
    let other = second.unlock(&device.user_id, PASSCODE).await.unwrap();
    first.lock().await.unwrap();
    assert!(first.session().is_none() && session.is_closed());
    until("the other tab locks too", || {
        other.is_closed() && second.session().is_none()
    })
    .await;
    assert!(session.queue().edit(&gate_event("1", "AB 12")).await.is_err());
    assert!(other.queue().edit(&gate_event("1", "AB 12")).await.is_err());
    let wrong = second.unlock(&device.user_id, "135790").await;
    assert!(matches!(
        wrong,
        Err(ClientError::Vault(VaultError::WrongPasscode))
    ));
}

#[wasm_bindgen_test]
async fn the_worker_gets_in_by_an_unlocked_page_or_by_kept_keys_only() {
    let device = Device::new();
    let (page, session) = device.set_up().await;
    let worker = device.context(Context::Worker);
    let inside = worker.resume().await.unwrap().unwrap();
    inside
        .queue()
        .edit_once(&gate_event("1", "AB 12"), "key-1".into())
        .await
        .unwrap();
    inside
        .queue()
        .edit_once(&gate_event("1", "AB 12"), "key-1".into())
        .await
        .unwrap();
    until("the page shows what the worker took", || {
        plate(&session, "1").is_some()
    })
    .await;
    assert_eq!(session.read(|device| device.unsent()), 1, "once");
    page.lock().await.unwrap();
    until("the worker is out", || worker.session().is_none()).await;
    assert!(worker.resume().await.unwrap().is_none(), "locked");

    page.unlock(&device.user_id, PASSCODE).await.unwrap();
    page.keep_key(true).await.unwrap();
    assert!(page.keeps_key().await.unwrap());
    drop((page, session, worker, inside));
    let woken = device.context(Context::Worker);
    assert!(
        woken.resume().await.unwrap().is_some(),
        "every page is closed, and the keys are kept"
    );
}

#[wasm_bindgen_test]
async fn a_request_that_an_ended_worker_left_has_the_same_key_with_the_next_one() {
    let device = Device::new();
    let (_page, _session) = device.set_up().await;
    let ended = device.context(Context::Worker).resume().await.unwrap().unwrap();
    let said = |request: &str| format!("page-1 POST /api/v1/gate-events {request}");
    let given = |worker: Rc<Session>, request: &'static str, fresh: &'static str| async move {
        worker
            .idempotency_keys()
            .key_of(&said(request), fresh.into())
            .await
    };
    assert_eq!(given(ended.clone(), "same", "key-1").await, "key-1");
    assert_eq!(
        given(ended.clone(), "same", "key-2").await,
        "key-2",
        "both are under way"
    );
    assert_eq!(given(ended.clone(), "done", "key-3").await, "key-3");
    ended.idempotency_keys().answered(&said("done"), "key-3").await;
    drop(ended);

    let next = device.context(Context::Worker).resume().await.unwrap().unwrap();
    let mut again = [
        given(next.clone(), "same", "key-4").await,
        given(next.clone(), "same", "key-5").await,
    ];
    again.sort();
    assert_eq!(again, ["key-1", "key-2"]);
    assert_eq!(given(next.clone(), "same", "key-6").await, "key-6", "a third one");
    assert_eq!(
        given(next.clone(), "done", "key-7").await,
        "key-7",
        "it was answered"
    );
    assert_eq!(given(next.clone(), "other", "key-8").await, "key-8");
}

#[wasm_bindgen_test]
async fn a_worker_that_is_let_in_while_a_page_locks_is_out_again() {
    let device = Device::new();
    for pause in 0..12 {
        let (page, _session) = match pause {
            0 => device.set_up().await,
            _ => {
                let page = device.context(Context::Page);
                let session = page.unlock(&device.user_id, PASSCODE).await.unwrap();
                (page, session)
            }
        };
        let worker = device.context(Context::Worker);
        let lock = async {
            PlatformClock.sleep(pause * 2).await;
            page.lock().await.unwrap();
        };
        let (resumed, ()) = futures::join!(worker.resume(), lock);
        drop(resumed.unwrap());
        PlatformClock.sleep(50).await;
        assert!(
            worker.session().is_none(),
            "open after a lock {} ms later",
            pause * 2
        );
        assert!(worker.resume().await.unwrap().is_none());
    }
}

#[wasm_bindgen_test]
async fn a_page_that_has_not_heard_of_a_lock_lets_nobody_in() {
    let device = Device::new();
    let (_page, _session) = device.set_up().await;
    let elsewhere = Vault::named(&device.vault);
    elsewhere.lock(&device.user_id).await.unwrap();
    let worker = device.context(Context::Worker);
    assert!(worker.resume().await.unwrap().is_none());
    assert!(worker.session().is_none());
}

#[wasm_bindgen_test]
async fn a_lock_leaves_no_key_with_those_who_still_hold_the_session() {
    let device = Device::new();
    let (page, session) = device.set_up().await;
    session
        .drafts()
        .keep("work-order/WO-1", Some("Pin seized"))
        .await
        .unwrap();
    assert_eq!(session.drafts().all().await.unwrap(), ["Pin seized"]);
    page.lock().await.unwrap();
    let refused = Err(ClientError::Store(StoreError::Locked));
    assert_eq!(session.drafts().all().await, refused);
    assert_eq!(
        session.drafts().keep("work-order/WO-1", None).await,
        Err(ClientError::Store(StoreError::Locked))
    );
    let session = page.unlock(&device.user_id, PASSCODE).await.unwrap();
    assert_eq!(session.drafts().all().await.unwrap(), ["Pin seized"]);
}

#[wasm_bindgen_test]
async fn the_choice_when_to_lock_is_the_person_s_and_reaches_every_tab() {
    let device = Device::new();
    let (first, session) = device.set_up().await;
    let second = device.context(Context::Page);
    let other = second.unlock(&device.user_id, PASSCODE).await.unwrap();
    assert_eq!(session.lock_after(), LockAfter::Minutes(15));
    first.set_lock_after(LockAfter::Minutes(1)).await.unwrap();
    until("the other tab follows", || {
        other.lock_after() == LockAfter::Minutes(1)
    })
    .await;
    first.lock().await.unwrap();
    assert!(first.set_lock_after(LockAfter::Never).await.is_err(), "locked");
    let session = first.unlock(&device.user_id, PASSCODE).await.unwrap();
    assert_eq!(session.lock_after(), LockAfter::Minutes(1));
    assert!(!dump(&device.vault).await.contains("lock-after"));
}

#[wasm_bindgen_test]
async fn who_opens_the_app_locks_the_one_before_out_of_page_and_worker() {
    let device = Device::new();
    let (first, session) = device.set_up().await;
    first.keep_key(true).await.unwrap();
    let worker = device.context(Context::Worker);
    let inside = worker.resume().await.unwrap().unwrap();
    assert_eq!(inside.user_id(), device.user_id);
    let next = Device {
        vault: device.vault.clone(),
        user_id: format!("{}-next", device.user_id),
    };
    let (_second, other) = next.set_up().await;
    until("the first one is out", || {
        session.is_closed() && inside.is_closed()
    })
    .await;
    let inside = worker.resume().await.unwrap().unwrap();
    assert_eq!(inside.user_id(), next.user_id);
    first.unlock(&device.user_id, PASSCODE).await.unwrap();
    until("the second one is out", || {
        other.is_closed() && inside.is_closed()
    })
    .await;
    let inside = worker.resume().await.unwrap().unwrap();
    assert_eq!(inside.user_id(), device.user_id);
}

#[wasm_bindgen_test]
async fn forgetting_one_person_takes_them_out_of_the_worker_too() {
    let device = Device::new();
    let (page, session) = device.set_up().await;
    let database = session.store().database().name().to_owned();
    page.keep_key(true).await.unwrap();
    drop((page, session));
    let worker = device.context(Context::Worker);
    let inside = worker.resume().await.unwrap().unwrap();
    // A page that was loaded anew: locked, while the worker is in by kept keys.
    let again = device.context(Context::Page);
    again.forget(&device.user_id).await.unwrap();
    until("the worker is out", || inside.is_closed()).await;
    assert!(worker.resume().await.unwrap().is_none());
    let names = script(
        "return (await indexedDB.databases()).map((d) => d.name).join()",
        &[],
    )
    .await;
    assert!(!names.as_string().unwrap().contains(&database));
    let at_rest = dump(&device.vault).await;
    assert!(
        !at_rest.contains("CryptoKey(") && !at_rest.contains(&device.user_id),
        "{at_rest}"
    );
}

#[wasm_bindgen_test]
async fn signing_out_leaves_nothing_but_the_debt_to_the_server() {
    let device = Device::new();
    let (client, session) = device.set_up().await;
    let database = session.store().database().name().to_owned();
    let second = device.context(Context::Page);
    let other = second.unlock(&device.user_id, PASSCODE).await.unwrap();
    session.queue().edit(&gate_event("1", "AB 12")).await.unwrap();
    drop(session);
    client.sign_out().await.unwrap();
    assert!(client.session().is_none());
    until("the other tab is out too", || other.is_closed()).await;
    assert_eq!(client.users().await.unwrap(), []);
    let names = script(
        "return (await indexedDB.databases()).map((d) => d.name).join()",
        &[],
    )
    .await;
    assert!(!names.as_string().unwrap().contains(&database));
    assert!(
        dump(&device.vault).await.contains("revocation true"),
        "the server has not been told yet"
    );
}

#[wasm_bindgen_test]
async fn an_edit_under_way_at_sign_out_brings_no_database_back() {
    let device = Device::new();
    let (client, session) = device.set_up().await;
    let database = session.store().database().name().to_owned();
    let edits: Vec<_> = (0..20).map(|n| gate_event(&n.to_string(), "AB 12")).collect();
    let edits = futures::future::join_all(edits.iter().map(|edit| session.queue().edit(edit)));
    let (_, signed_out) = futures::join!(edits, client.sign_out());
    signed_out.unwrap();
    PlatformClock.sleep(200).await;
    let names = script(
        "return (await indexedDB.databases()).map((d) => d.name).join()",
        &[],
    )
    .await;
    assert!(!names.as_string().unwrap().contains(&database));
}

#[wasm_bindgen_test]
async fn unsent_work_can_be_taken_off_the_device() {
    let device = Device::new();
    let (_client, session) = device.set_up().await;
    session.queue().edit(&gate_event("1", "AB 12")).await.unwrap();
    let file = session.recovery().export("a long phrase").await.unwrap();
    assert!(!file.contains("AB 12"));
    let opened = passphrase::open("a long phrase", &file).await.unwrap();
    let export: serde_json::Value = serde_json::from_slice(&opened).unwrap();
    assert_eq!(export["writes"][0]["payload"]["plate"], "AB 12");
}
