//! Another data key: everything is sealed anew, and a death after any step loses nothing.

#![allow(clippy::unwrap_used)]

mod support;

use std::{cell::RefCell, rc::Rc};

use holdfast_browser::{
    client::{ClientError, ClientEvent, Context},
    clock::PlatformClock,
    seal::{Purpose, SealError},
    store::IndexedDbStore,
    vault::{Vault, VaultError},
};
use holdfast_core::{ports::Clock, store::Store};
use js_sys::Uint8Array;
use support::{
    at_rest::{AtRest, at_rest},
    device::{Device, PASSCODE, gate_event, until},
    dump,
    furnished::{all_at_rest, found, furnished, stores, until_replaced},
    held, page, put,
    replacement::{Step, replace_until},
    script, transactions, work_order,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn everything_is_sealed_with_the_new_key_and_the_former_one_is_gone() {
    let (device, client, session) = furnished().await;
    let before = found(&session).await;
    let stored = all_at_rest(&device, &session).await;
    let everywhere = ["base", "bodies", "heads", "journal", "reads", "texts", "state"];
    assert_eq!(stores(&stored), everywhere);
    assert!(stored.iter().all(|value| value.generation() == 0));
    let told: Rc<RefCell<Vec<ClientEvent>>> = Rc::default();
    let events = told.clone();
    let _subscription = client.subscribe(move |event| events.borrow_mut().push(event));

    client.replace_key(PASSCODE).await.unwrap();
    session
        .queue()
        .edit(&gate_event("meanwhile", "CD 1"))
        .await
        .unwrap();
    until("its end is told", || {
        told.borrow().contains(&ClientEvent::KeyReplaced)
    })
    .await;
    assert!(!session.key_rotation().is_under_way() && session.key_rotation().progress().is_none());
    let after = all_at_rest(&device, &session).await;
    assert_eq!(stores(&after), everywhere);
    for value in &after {
        assert_eq!(value.generation(), 1, "{} {}", value.store, value.key);
    }
    // What tells one seal from all others stays.
    for value in stored.iter().filter(|value| value.store != "state") {
        let same_place = |anew: &&AtRest| (&anew.store, &anew.key) == (&value.store, &value.key);
        if let Some(anew) = after.iter().find(same_place) {
            assert_eq!(
                anew.bytes[5..17],
                value.bytes[1..13],
                "{} {}",
                value.store,
                value.key
            );
        }
    }
    let record = dump(&device.vault).await;
    assert!(
        record.contains("generation=1") && record.contains("former=undefined"),
        "{record}"
    );

    // A value opens under one key only: whoever has the new one alone opens everything.
    client.lock().await.unwrap();
    let session = client.unlock(&device.user_id, PASSCODE).await.unwrap();
    assert!(!session.key_rotation().is_under_way());
    let mut again = found(&session).await;
    assert_eq!(again.unsent, before.unsent + 1);
    again.unsent = before.unsent;
    assert_eq!(again, before);
    client.replace_key(PASSCODE).await.unwrap();
    until_replaced(&session).await;
    let twice = all_at_rest(&device, &session).await;
    assert!(twice.iter().all(|value| value.generation() == 2), "and once more");
}

#[wasm_bindgen_test]
async fn a_death_after_any_step_loses_nothing_and_the_next_unlock_goes_on() {
    let mut steps = vec![Step::VaultWritten, Step::Fenced];
    for batch in [0, 4] {
        steps.extend([
            Step::BatchRead(batch),
            Step::BatchSealed(batch),
            Step::BatchWritten(batch),
        ]);
    }
    steps.extend([Step::AllWritten, Step::FormerDropped]);
    for step in steps {
        let (device, client, session) = furnished().await;
        let before = found(&session).await;
        let database = session.store().database().name().to_owned();
        client.lock().await.unwrap();
        drop((client, session));
        replace_until(&device, &database, step).await;
        let ended = step == Step::FormerDropped;

        let client = device.context(Context::Page);
        let session = client.unlock(&device.user_id, PASSCODE).await.unwrap();
        assert_eq!(session.key_rotation().is_under_way(), !ended, "{step:?}");
        assert_eq!(found(&session).await, before, "{step:?}: at once");
        until_replaced(&session).await;
        assert_eq!(found(&session).await, before, "{step:?}: at the end");
        let after = all_at_rest(&device, &session).await;
        assert!(after.iter().all(|value| value.generation() == 1), "{step:?}");
    }
}

#[wasm_bindgen_test]
async fn a_lock_stops_it_at_any_moment_and_an_unlock_goes_on() {
    let (device, mut client, mut session) = furnished().await;
    let before = found(&session).await;
    let mut stopped = 0;
    for pause in [0, 5, 10, 20, 40, 80] {
        client.replace_key(PASSCODE).await.unwrap();
        PlatformClock.sleep(pause).await;
        stopped += usize::from(session.key_rotation().is_under_way());
        client.lock().await.unwrap();
        let locked = all_at_rest(&device, &session).await;
        PlatformClock.sleep(100).await;
        // What was in the browser's hands already is all that may still arrive.
        assert_eq!(all_at_rest(&device, &session).await.len(), locked.len());
        client = device.context(Context::Page);
        session = client.unlock(&device.user_id, PASSCODE).await.unwrap();
        assert_eq!(found(&session).await, before, "locked after {pause} ms");
        until_replaced(&session).await;
        assert_eq!(found(&session).await, before);
    }
    assert!(stopped > 2, "stopped in its midst {stopped} times");
    let after = all_at_rest(&device, &session).await;
    assert!(after.iter().all(|value| value.generation() == 6));
}

#[wasm_bindgen_test]
async fn a_wrong_passcode_replaces_nothing_and_makes_the_next_try_wait() {
    let (device, client, session) = furnished().await;
    let before = all_at_rest(&device, &session).await;
    for _ in 0..3 {
        let refused = client.replace_key("135790").await;
        assert_eq!(refused, Err(ClientError::Vault(VaultError::WrongPasscode)));
    }
    let refused = client.replace_key(PASSCODE).await;
    assert!(
        matches!(refused, Err(ClientError::Vault(VaultError::Wait(_)))),
        "{refused:?}"
    );
    assert!(!session.key_rotation().is_under_way());
    assert_eq!(all_at_rest(&device, &session).await, before);
    assert!(dump(&device.vault).await.contains("generation=0"));
}

#[wasm_bindgen_test]
async fn a_passcode_changed_during_it_opens_both_keys() {
    const NEW: &str = "975318";
    let (device, client, session) = furnished().await;
    let before = found(&session).await;
    let vault = Vault::named(&device.vault);
    let now = PlatformClock.now();
    vault
        .begin_replacing(&device.user_id, PASSCODE, now)
        .await
        .unwrap();
    client.change_passcode(PASSCODE, NEW).await.unwrap();
    client.lock().await.unwrap();
    let refused = client.unlock(&device.user_id, PASSCODE).await.map(drop);
    assert_eq!(refused, Err(ClientError::Vault(VaultError::WrongPasscode)));
    let session = client.unlock(&device.user_id, NEW).await.unwrap();
    assert!(session.key_rotation().is_under_way());
    assert_eq!(found(&session).await, before);
    until_replaced(&session).await;
    assert_eq!(found(&session).await, before);
}

/// What comes first to wrap a key waits until it is let go; everything after it does not.
const HOLD_THE_FIRST: &str = r#"
    const wrap = SubtleCrypto.prototype.wrapKey;
    let first = true;
    globalThis.atIt = new Promise((tell) => {
        SubtleCrypto.prototype.wrapKey = async function (...all) {
            if (first) {
                first = false;
                tell();
                await new Promise((go) => (globalThis.letGo = go));
            }
            return wrap.apply(this, all);
        };
    });
    globalThis.mend = () => (SubtleCrypto.prototype.wrapKey = wrap);
"#;

/// Does one thing while another, begun before it, stands just before its end.
async fn amid<A, B>(held: impl Future<Output = A>, meanwhile: impl Future<Output = B>) -> (A, B) {
    script(HOLD_THE_FIRST, &[]).await;
    let then = async {
        script("await globalThis.atIt", &[]).await;
        let done = meanwhile.await;
        script("globalThis.mend(); globalThis.letGo()", &[]).await;
        done
    };
    futures::join!(held, then)
}

#[wasm_bindgen_test]
async fn of_a_change_of_passcode_and_a_replacement_at_once_neither_undoes_the_other() {
    const OTHER: &str = "975318";
    let (device, client, session) = furnished().await;
    let before = found(&session).await;
    client.lock().await.unwrap();
    let (vault, now) = (Vault::named(&device.vault), PlatformClock.now());
    let replace = async || {
        let begun = vault.begin_replacing(&device.user_id, PASSCODE, now).await;
        begun.map(drop)
    };
    let change = async || {
        let user_id = &device.user_id;
        vault.change_passcode(user_id, PASSCODE, OTHER, now).await
    };
    let (changed, replaced) = amid(change(), replace()).await;
    assert_eq!((changed, replaced), (Err(VaultError::ChangedMeanwhile), Ok(())));
    let session = client.unlock(&device.user_id, PASSCODE).await.unwrap();
    until_replaced(&session).await;
    assert_eq!(found(&session).await, before);
    client.lock().await.unwrap();

    let (replaced, changed) = amid(replace(), change()).await;
    assert_eq!((replaced, changed), (Err(VaultError::ChangedMeanwhile), Ok(())));
    let session = client.unlock(&device.user_id, OTHER).await.unwrap();
    assert!(!session.key_rotation().is_under_way());
    assert_eq!(found(&session).await, before);
}

#[wasm_bindgen_test]
async fn what_others_commit_and_fold_between_two_steps_stands() {
    let device = Device::new();
    let vault = Vault::named(&device.vault);
    let now = PlatformClock.now();
    let created = vault.create(&device.user_id, "d1", PASSCODE, now).await.unwrap();
    let store = IndexedDbStore::new(&created.database, created.keys);
    let rows: Vec<_> = (0..40).map(|n| work_order(&format!("{n:02}"), "first")).collect();
    store.commit(0, &page(1, &rows)).await.unwrap();
    let begun = vault
        .begin_replacing(&device.user_id, PASSCODE, now)
        .await
        .unwrap();
    store.unlock(begun.keys.clone());
    store.fence().await.unwrap();
    let places = store.sealed_places().await.unwrap();
    let mut read = Vec::new();
    for places in &places {
        let batch = store.read_batch(places).await.unwrap();
        read.push(batch.seal(&begun.keys).await.unwrap());
    }
    // All that was read goes: every row is written anew, and a fold takes the page and the journal away.
    let other = IndexedDbStore::new(&created.database, begun.keys.clone());
    let newer: Vec<_> = (0..40)
        .map(|n| work_order(&format!("{n:02}"), "second"))
        .collect();
    other.commit(2, &put(newer.clone())).await.unwrap();
    let replica = holdfast_core::replica::Replica::load(&other).await.unwrap();
    let fold = holdfast_core::replica::fold(&replica, 0).unwrap();
    assert_eq!(fold.gone, [1]);
    other.fold(3, &fold).await.unwrap();
    let folded = at_rest(&created.database).await;
    for sealed in read {
        assert!(sealed.count() < 20);
        store.write_batch(sealed).await.unwrap();
    }
    assert_eq!(at_rest(&created.database).await, folded, "nothing came back");
    assert_eq!(held(&store).await, (newer, 0));
}

#[wasm_bindgen_test]
async fn a_value_of_a_later_key_opens_as_what_it_is_alone() {
    let device = Device::new();
    let vault = Vault::named(&device.vault);
    let now = PlatformClock.now();
    let first = vault
        .create(&device.user_id, "d1", PASSCODE, now)
        .await
        .unwrap()
        .keys;
    let begun = vault
        .begin_replacing(&device.user_id, PASSCODE, now)
        .await
        .unwrap();
    let (name, both) = ([7; 32], begun.keys);
    let (old, new) = (
        first.seal(Purpose::Row, &name, b"torque").await.unwrap(),
        both.seal(Purpose::Row, &name, b"torque").await.unwrap(),
    );
    assert_eq!(both.open(Purpose::Row, &name, &old).await.unwrap(), b"torque");
    assert_eq!(both.open(Purpose::Row, &name, &new).await.unwrap(), b"torque");
    let refused = Err(SealError::DoesNotOpen);
    assert_eq!(first.open(Purpose::Row, &name, &new).await, refused);
    assert_eq!(first.name("a").await, both.name("a").await, "names stay");

    let new = new.to_vec();
    let mut damaged: Vec<Vec<u8>> = (0..new.len()).map(|length| new[..length].to_vec()).collect();
    for bit in 0..new.len() * 8 {
        let mut flipped = new.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        damaged.push(flipped);
    }
    // Said to be of the former key, in either layout.
    damaged.push([&[2, 0, 0, 0, 0], &new[5..]].concat());
    damaged.push([&[1], &new[5..]].concat());
    for bytes in damaged {
        let opened = both
            .open(Purpose::Row, &name, &Uint8Array::from(bytes.as_slice()))
            .await;
        assert!(
            matches!(opened, Err(SealError::DoesNotOpen | SealError::UnknownLayout(_))),
            "{bytes:?}"
        );
    }
}

#[wasm_bindgen_test]
async fn everything_it_writes_is_strict() {
    let (device, client, session) = furnished().await;
    let database = session.store().database().name().to_owned();
    client.lock().await.unwrap();
    transactions::watch(&[&database, &device.vault]).await;
    replace_until(&device, &database, Step::FormerDropped).await;
    let kinds = transactions::kinds_of_writes().await;
    assert_eq!(kinds, ["0 readwrite strict", "1 readwrite strict"]);
}
