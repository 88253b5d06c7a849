//! Another data key, while other tabs and the worker are open, asleep, or only come later.

#![allow(clippy::unwrap_used)]

mod support;

use std::rc::Rc;

use holdfast_browser::{
    cached_reads::CachedRead,
    client::{Client, ClientError, Context, LockAfter, Session},
    clock::PlatformClock,
    vault::{Vault, VaultError},
};
use holdfast_core::{
    engine::{Round, TransactError, Trigger},
    plan::EditError,
    ports::Clock,
    store::StoreError,
};
use support::{
    device::{Device, PASSCODE, gate_event, until},
    dump,
    furnished::{Found, all_at_rest, found, furnished, until_replaced},
    script,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

async fn tab(device: &Device) -> (Client, Rc<Session>) {
    let client = device.context(Context::Page);
    let session = client.unlock(&device.user_id, PASSCODE).await.unwrap();
    // Its launch is over, so that nothing of it comes later: it has nothing to sync with, and goes round at once.
    while session.sync().run(Trigger::Write).await == Round::Elsewhere {
        PlatformClock.sleep(10).await;
    }
    (client, session)
}

/// From now on no context hears another.
async fn silence() {
    script(
        "globalThis.post = BroadcastChannel.prototype.postMessage; BroadcastChannel.prototype.postMessage = () => {}",
        &[],
    )
    .await;
}

async fn hear_again() {
    script("BroadcastChannel.prototype.postMessage = globalThis.post", &[]).await;
}

/// Replaces the key in one tab while the others hear nothing of it.
async fn replace_unheard(client: &Client, session: &Rc<Session>) {
    silence().await;
    client.replace_key(PASSCODE).await.unwrap();
    until_replaced(session).await;
}

/// As much as before, and so many more edits.
fn with_edits(mut before: Found, more: usize) -> Found {
    before.unsent += more;
    before
}

fn answer() -> CachedRead {
    let now = PlatformClock.now();
    CachedRead {
        path: "/api/v1/devices".into(),
        body: "[]".into(),
        content_type: "application/json".into(),
        etag: None,
        updated_at: now,
        expires_at: now + chrono::Duration::days(1),
    }
}

async fn all_of_generation(device: &Device, session: &Session, generation: u32) {
    for value in all_at_rest(device, session).await {
        assert_eq!(value.generation(), generation, "{} {}", value.store, value.key);
    }
}

#[wasm_bindgen_test]
async fn two_tabs_and_the_worker_go_on_writing_and_nothing_is_lost() {
    let (device, first, session) = furnished().await;
    let (_second, other) = tab(&device).await;
    let worker = device.context(Context::Worker);
    let inside = worker.resume().await.unwrap().unwrap();
    let before = found(&session).await;
    let writers = [&session, &other, &inside].into_iter().enumerate();
    let writing = writers.map(|(tab, session)| async move {
        for number in 0..12 {
            let edit = gate_event(&format!("{tab}-{number}"), "CD 1");
            session.queue().edit(&edit).await.unwrap();
            if number % 5 == 4 {
                session.sync().fold(1).await.unwrap();
            }
        }
    });
    let replacing = async { first.replace_key(PASSCODE).await.unwrap() };
    futures::join!(futures::future::join_all(writing), replacing);
    until_replaced(&session).await;
    until("all have the new key alone", || {
        !other.key_rotation().is_under_way() && !inside.key_rotation().is_under_way()
    })
    .await;
    for session in [&session, &other] {
        assert_eq!(found(session).await, with_edits(before.clone(), 36));
    }
    inside.sync().catch_up().await.unwrap();
    assert_eq!(inside.read(|device| device.unsent()), before.unsent + 36);
    all_of_generation(&device, &session, 1).await;
}

#[wasm_bindgen_test]
async fn two_tabs_that_replace_it_at_once_make_one_new_key_or_two_in_turn() {
    let (device, first, session) = furnished().await;
    let (second, other) = tab(&device).await;
    let before = found(&session).await;
    let (one, two) = futures::join!(first.replace_key(PASSCODE), second.replace_key(PASSCODE));
    let refused = [one, two].into_iter().filter_map(Result::err);
    let refused: Vec<ClientError> = refused.collect();
    assert_eq!(refused, [ClientError::Vault(VaultError::ChangedMeanwhile)]);
    until("it ends", || {
        !session.key_rotation().is_under_way() && !other.key_rotation().is_under_way()
    })
    .await;
    for session in [&session, &other] {
        assert_eq!(found(session).await, before);
    }
    all_of_generation(&device, &session, 1).await;
}

#[wasm_bindgen_test]
async fn a_tab_that_slept_through_it_comes_by_the_new_key_from_one_that_is_open() {
    let (device, first, session) = furnished().await;
    let (_second, other) = tab(&device).await;
    let before = found(&session).await;
    replace_unheard(&first, &session).await;
    hear_again().await;
    other.queue().edit(&gate_event("late", "CD 1")).await.unwrap();
    other
        .drafts()
        .keep("work-order/1", Some("Pin seized"))
        .await
        .unwrap();
    other.server().cached_reads().put(&answer()).await.unwrap();
    assert_eq!(found(&other).await, with_edits(before.clone(), 1));
    assert_eq!(found(&session).await, with_edits(before, 1));
    all_of_generation(&device, &session, 1).await;
}

/// What a tab may try that wakes with the former key alone.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Late {
    Edit,
    Fold,
    Draft,
    Setting,
    CachedRead,
}

#[wasm_bindgen_test]
async fn a_tab_that_slept_through_it_alone_writes_nothing_and_is_locked() {
    let (device, first, session) = furnished().await;
    let before = found(&session).await;
    let locked = ClientError::Store(StoreError::Locked);
    let tries = [
        Late::Edit,
        Late::Fold,
        Late::Draft,
        Late::Setting,
        Late::CachedRead,
    ];
    for (round, what) in tries.into_iter().enumerate() {
        let (second, other) = tab(&device).await;
        // Nobody answers the tab when it wakes, either.
        replace_unheard(&first, &session).await;
        match what {
            Late::Edit => {
                let edited = other.queue().edit(&gate_event("late", "CD 1")).await.map(drop);
                assert_eq!(edited, Err(TransactError::<EditError>::Store(StoreError::Locked)));
                assert!(other.is_closed(), "the person is asked for the passcode");
            }
            // Its plan is of a revision that is past: another context's next fold does.
            Late::Fold => other.sync().fold(0).await.unwrap(),
            Late::Draft => {
                let kept = other.drafts().keep("work-order/1", Some("late")).await;
                assert_eq!(kept, Err(locked.clone()));
                assert!(other.is_closed());
            }
            Late::Setting => {
                let set = second.set_lock_after(LockAfter::Never).await;
                assert_eq!(set, Err(locked.clone()));
            }
            Late::CachedRead => other.server().cached_reads().put(&answer()).await.unwrap(),
        }
        hear_again().await;
        all_of_generation(&device, &session, round as u32 + 1).await;
        assert_eq!(found(&session).await, before, "{what:?}");
        other.store().lock();
    }
    let (_second, other) = tab(&device).await;
    assert_eq!(found(&other).await, before);
}

#[wasm_bindgen_test]
async fn a_worker_that_is_being_let_in_meanwhile_is_never_in_with_the_former_key_alone() {
    let (device, first, session) = furnished().await;
    let before = found(&session).await;
    for round in 0..8_u32 {
        let worker = device.context(Context::Worker);
        let resume = async {
            PlatformClock.sleep(u64::from(round) * 15).await;
            worker.resume().await.unwrap()
        };
        let (replaced, inside) = futures::join!(first.replace_key(PASSCODE), resume);
        replaced.unwrap();
        if let Some(inside) = inside {
            let id = format!("worker-{round}");
            let queued = inside
                .queue()
                .queue_once(&gate_event(&id, "CD 1"), id.clone())
                .await;
            queued.unwrap();
        }
        until_replaced(&session).await;
        let now = found(&session).await;
        assert_eq!(now.quarantined, 0);
        assert_eq!(now, with_edits(before.clone(), now.unsent - before.unsent));
        all_of_generation(&device, &session, round + 1).await;
    }
    let taken = found(&session).await.unsent - before.unsent;
    assert!(taken > 4, "let in {taken} times of 8");
}

#[wasm_bindgen_test]
async fn sync_while_the_app_is_closed_goes_on_with_the_new_key() {
    let (device, page, session) = furnished().await;
    page.keep_key(true).await.unwrap();
    let until = page.kept_until(&device.user_id).await.unwrap();
    let before = found(&session).await;
    // Nobody but the kept keys can let the worker in.
    replace_unheard(&page, &session).await;
    drop((page, session));
    let worker = device.context(Context::Worker);
    let inside = worker.resume().await.unwrap().unwrap();
    inside.queue().edit(&gate_event("late", "CD 1")).await.unwrap();
    assert_eq!(found(&inside).await.unsent, before.unsent + 1);
    assert!(
        !inside.key_rotation().is_under_way(),
        "the former key is not kept either"
    );
    all_of_generation(&device, &inside, 1).await;
    hear_again().await;
    assert_eq!(
        worker.kept_until(&device.user_id).await.unwrap(),
        until,
        "no longer than before"
    );
    let kept = dump(&device.vault).await;
    assert_eq!(kept.matches("CryptoKey(AES-GCM").count(), 1);

    // A copy that is no longer good takes no part.
    worker.lock().await.unwrap();
    let (page, session) = tab(&device).await;
    page.keep_key(false).await.unwrap();
    page.replace_key(PASSCODE).await.unwrap();
    until_replaced(&session).await;
    assert!(!dump(&device.vault).await.contains("CryptoKey("));
}

#[wasm_bindgen_test]
async fn another_page_goes_on_where_the_one_that_was_at_it_is_gone() {
    let (device, _first, session) = furnished().await;
    let before = found(&session).await;
    let vault = Vault::named(&device.vault);
    let now = PlatformClock.now();
    // The page that began died before its first step.
    let begun = vault
        .begin_replacing(&device.user_id, PASSCODE, now)
        .await
        .unwrap();
    session.store().unlock(begun.keys);
    session.sync().run(Trigger::Manual).await;
    until_replaced(&session).await;
    assert_eq!(found(&session).await, before);
    all_of_generation(&device, &session, 1).await;
}
