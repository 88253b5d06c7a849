//! Passcodes and keys in a real browser.

#![allow(clippy::unwrap_used)]

mod support;

use std::{cell::Cell, rc::Rc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use holdfast_browser::{
    clock::SteadyClock,
    seal::{Purpose, SealError, passphrase, secret},
    store::IndexedDbStore,
    vault::{Private, Vault, VaultError, is_weak},
};
use holdfast_core::store::Store;
use support::{at, dump, fresh_name, put, script, work_order};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const NAME: [u8; 32] = [7; 32];

#[wasm_bindgen_test]
async fn the_right_passcode_opens_what_was_sealed() {
    let vault = Vault::named(&fresh_name());
    let created = vault.create("u1", "d1", "correct horse", at(0)).await.unwrap();
    let sealed = created
        .keys
        .seal(Purpose::Row, &NAME, b"torque 40 Nm")
        .await
        .unwrap();
    let unlocked = vault.unlock("u1", "correct horse", at(1)).await.unwrap();
    assert_eq!(unlocked.database, created.database);
    assert_eq!(
        unlocked.keys.open(Purpose::Row, &NAME, &sealed).await.unwrap(),
        b"torque 40 Nm"
    );
    assert_eq!(
        unlocked.keys.name("a").await.unwrap(),
        created.keys.name("a").await.unwrap()
    );
    let moved = unlocked.keys.open(Purpose::Row, &[8; 32], &sealed).await;
    assert_eq!(moved, Err(SealError::DoesNotOpen), "sealed under another name");
    let other_use = unlocked.keys.open(Purpose::CachedRead, &NAME, &sealed).await;
    assert_eq!(other_use, Err(SealError::DoesNotOpen), "sealed for another use");
}

/// A vault whose waits are counted by a clock that the test moves.
struct Waiting {
    name: String,
    vault: Vault,
    seconds: Rc<Cell<f64>>,
}

impl Waiting {
    /// A user whose passcode is 246810.
    async fn set_up() -> Self {
        let name = fresh_name();
        let waiting = Self::restarted(&name);
        waiting.vault.create("u1", "d1", "246810", at(0)).await.unwrap();
        waiting
    }

    /// State of a restarted browser: nothing in memory, and a monotonic clock that starts at zero.
    fn restarted(name: &str) -> Self {
        let seconds = Rc::new(Cell::new(0.0));
        let reading = seconds.clone();
        let clock = SteadyClock::new(move || reading.get() * 1_000.0);
        Self {
            name: name.to_owned(),
            vault: Vault::with_clock(name, clock),
            seconds,
        }
    }

    /// Tries a passcode while the steady clock and the device's clock show these seconds.
    async fn unlock(&self, steady: f64, device: i64, passcode: &str) -> Result<(), VaultError> {
        self.seconds.set(steady);
        self.vault.unlock("u1", passcode, at(device)).await.map(drop)
    }

    async fn left_ms(&self, steady: f64) -> u32 {
        self.seconds.set(steady);
        self.vault.wait_left_ms("u1").await.unwrap()
    }

    async fn fail(&self, times: usize) {
        for _ in 0..times {
            let refused = self.unlock(self.seconds.get(), 10, "wrong1").await;
            assert_eq!(refused, Err(VaultError::WrongPasscode));
        }
    }
}

#[wasm_bindgen_test]
async fn wrong_passcodes_wait_longer_and_longer() {
    let waiting = Waiting::set_up().await;
    let table = [
        // second, passcode, outcome
        (10, "wrong1", Err(VaultError::WrongPasscode)),
        (10, "wrong2", Err(VaultError::WrongPasscode)),
        (10, "wrong3", Err(VaultError::WrongPasscode)),
        (10, "246810", Err(VaultError::Wait(5))),
        (14, "246810", Err(VaultError::Wait(1))),
        (15, "wrong4", Err(VaultError::WrongPasscode)),
        (29, "246810", Err(VaultError::Wait(1))),
        (30, "246810", Ok(())),
        (31, "wrong5", Err(VaultError::WrongPasscode)), // counted anew
        (31, "246810", Ok(())),
    ];
    for (second, passcode, expected) in table {
        let outcome = waiting.unlock(second as f64, second, passcode).await;
        assert_eq!(outcome, expected, "at {second} s with {passcode}");
    }
}

#[wasm_bindgen_test]
async fn a_device_clock_that_is_set_neither_shortens_nor_lengthens_a_wait() {
    for device in [10, 11 + 86_400, -86_400] {
        let waiting = Waiting::set_up().await;
        waiting.fail(3).await;
        waiting.unlock(5.0, device, "wrong1").await.unwrap_err();
        for (steady, left) in [(5.0, 15), (12.0, 8), (19.9, 1)] {
            let outcome = waiting.unlock(steady, device, "246810").await;
            assert_eq!(
                outcome,
                Err(VaultError::Wait(left)),
                "device at {device}, {steady} s"
            );
        }
        let changed = waiting
            .vault
            .change_passcode("u1", "246810", "975318", at(device))
            .await;
        assert_eq!(
            changed,
            Err(VaultError::Wait(1)),
            "the other ways to try wait too"
        );
        assert_eq!(waiting.unlock(20.0, device, "246810").await, Ok(()));
    }
}

#[wasm_bindgen_test]
async fn a_restart_serves_the_rest_of_a_wait_whatever_the_device_clock_says() {
    let waiting = Waiting::set_up().await;
    waiting.fail(3).await;
    waiting.unlock(5.0, 10, "wrong1").await.unwrap_err();
    // Nobody looked at how far the wait has come, so all of it is left.
    let again = Waiting::restarted(&waiting.name);
    assert_eq!(
        again.unlock(0.0, 1_000_000, "246810").await,
        Err(VaultError::Wait(15))
    );
    assert_eq!(again.left_ms(6.0).await, 9_000);
    // Looked at: the rest is left.
    let third = Waiting::restarted(&waiting.name);
    assert_eq!(third.left_ms(0.0).await, 9_000);
    assert_eq!(
        third.unlock(0.0, 2_000_000, "246810").await,
        Err(VaultError::Wait(9))
    );
    assert_eq!(
        again.left_ms(7.0).await,
        8_000,
        "the other context counts for itself"
    );
    assert_eq!(third.left_ms(9.0).await, 0);
    let fourth = Waiting::restarted(&waiting.name);
    assert_eq!(
        fourth.left_ms(0.0).await,
        0,
        "a wait that was served is not served again"
    );
    assert_eq!(
        fourth.unlock(0.0, 0, "wrong1").await,
        Err(VaultError::WrongPasscode)
    );
    assert_eq!(fourth.left_ms(0.0).await, 30_000);
}

#[wasm_bindgen_test]
async fn what_an_earlier_version_stored_waits_in_full() {
    let waiting = Waiting::set_up().await;
    waiting.fail(3).await;
    assert_eq!(waiting.left_ms(2.0).await, 3_000);
    // An earlier version writes the record back without the field that it does not know.
    script(
        r#"
        const open = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
        const db = await open(indexedDB.open(a));
        const users = db.transaction("users", "readwrite").objectStore("users");
        const record = await open(users.get("u1"));
        if (record.waitLeftMs !== 3000) throw new Error(`stored: ${record.waitLeftMs}`);
        delete record.waitLeftMs;
        await open(users.put(record));
        db.close();
        "#,
        &[waiting.name.as_str().into()],
    )
    .await;
    let again = Waiting::restarted(&waiting.name);
    assert_eq!(again.left_ms(0.0).await, 5_000);
}

#[wasm_bindgen_test]
async fn a_try_is_counted_before_it_is_made() {
    let vault = Vault::named(&fresh_name());
    vault.create("u1", "d1", "246810", at(0)).await.unwrap();
    let hang = "globalThis.unwrap = SubtleCrypto.prototype.unwrapKey; \
        SubtleCrypto.prototype.unwrapKey = () => { tried(); return new Promise(() => {}); }";
    for _ in 0..3 {
        // The page is left while the passcode is being tried.
        let trying = script(
            "return new Promise((tried) => { globalThis.tried = tried; })",
            &[],
        );
        script(hang, &[]).await;
        let attempt = Box::pin(vault.unlock("u1", "246810", at(1)));
        let outcome = futures::future::select(attempt, Box::pin(trying)).await;
        script("SubtleCrypto.prototype.unwrapKey = unwrap", &[]).await;
        assert!(
            matches!(outcome, futures::future::Either::Right(_)),
            "the try cannot have ended"
        );
    }
    let outcome = vault.unlock("u1", "246810", at(1)).await.map(|_| ());
    assert_eq!(outcome, Err(VaultError::Wait(5)));
}

#[wasm_bindgen_test]
async fn another_passcode_opens_the_same_data() {
    let vault = Vault::named(&fresh_name());
    let created = vault.create("u1", "d1", "first one", at(0)).await.unwrap();
    let sealed = created.keys.seal(Purpose::Row, &NAME, b"kept").await.unwrap();
    let refused = vault.change_passcode("u1", "not it", "second one", at(1)).await;
    assert_eq!(refused, Err(VaultError::WrongPasscode));
    assert_eq!(
        vault.change_passcode("u1", "first one", "12345", at(2)).await,
        Err(VaultError::WeakPasscode)
    );
    vault
        .change_passcode("u1", "first one", "second one", at(2))
        .await
        .unwrap();
    assert_eq!(
        vault.unlock("u1", "first one", at(3)).await.map(|_| ()),
        Err(VaultError::WrongPasscode)
    );
    let unlocked = vault.unlock("u1", "second one", at(4)).await.unwrap();
    assert_eq!(
        unlocked.keys.open(Purpose::Row, &NAME, &sealed).await.unwrap(),
        b"kept"
    );
}

#[wasm_bindgen_test]
async fn weak_passcodes_are_refused() {
    let vault = Vault::named(&fresh_name());
    for weak in [
        "",
        "12345",
        "000000",
        "aaaaaaaaaa",
        "123456",
        "112233",
        "password1",
        "01011990",
    ] {
        assert_eq!(
            vault.create("u1", "d1", weak, at(0)).await.map(|_| ()),
            Err(VaultError::WeakPasscode),
            "{weak}"
        );
    }
    vault.create("u1", "d1", "246810", at(0)).await.unwrap();
    assert_eq!(
        vault.create("u1", "d1", "975318", at(0)).await.map(|_| ()),
        Err(VaultError::AlreadySetUp)
    );
    assert_eq!(
        vault.unlock("u2", "246810", at(0)).await.map(|_| ()),
        Err(VaultError::UnknownUser)
    );
}

#[wasm_bindgen_test]
async fn keys_cannot_be_exported_and_are_kept_only_on_request() {
    let name = fresh_name();
    let vault = Vault::named(&name);
    let unlocked = vault.create("u1", "d1", "246810", at(0)).await.unwrap();
    assert!(
        !dump(&name).await.contains("CryptoKey("),
        "no key lies there unasked"
    );
    vault.keep_key(&unlocked, true, at(0)).await.unwrap();
    let kept = dump(&name).await;
    assert!(
        kept.contains("CryptoKey(AES-GCM,false)") && kept.contains("CryptoKey(HMAC,false)"),
        "{kept}"
    );
    assert!(!kept.contains(",true)"), "nothing extractable is stored");
    let exported = script(
        r#"
        const open = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
        const db = await open(indexedDB.open(a));
        const { data, index } = (await open(db.transaction("keys").objectStore("keys").getAll()))[0];
        db.close();
        const tries = [data, index].map((key) => crypto.subtle.exportKey("raw", key).then(() => "out", (e) => e.name));
        return (await Promise.all(tries)).join();
        "#,
        &[name.as_str().into()],
    )
    .await;
    assert_eq!(
        exported.as_string().unwrap(),
        "InvalidAccessError,InvalidAccessError"
    );
}

#[wasm_bindgen_test]
async fn kept_keys_end_after_seven_days_and_by_locking() {
    const DAY: i64 = 86_400;
    let name = fresh_name();
    let vault = Vault::named(&name);
    let unlocked = vault.create("u1", "d1", "246810", at(0)).await.unwrap();
    vault.keep_key(&unlocked, true, at(0)).await.unwrap();
    assert!(vault.kept("u1", at(7 * DAY - 1)).await.unwrap().is_some());
    vault.unlock("u1", "246810", at(6 * DAY)).await.unwrap();
    assert!(
        vault.kept("u1", at(13 * DAY - 1)).await.unwrap().is_some(),
        "counted from the last unlock"
    );
    assert!(vault.kept("u1", at(13 * DAY)).await.unwrap().is_none());
    assert!(
        !dump(&name).await.contains("CryptoKey("),
        "an expired key is deleted"
    );
    vault.unlock("u1", "246810", at(20 * DAY)).await.unwrap();
    vault.lock("u1").await.unwrap();
    assert!(
        vault.kept("u1", at(20 * DAY)).await.unwrap().is_none(),
        "locking by hand ends it"
    );
    let unlocked = vault.unlock("u1", "246810", at(21 * DAY)).await.unwrap();
    assert!(
        vault.kept("u1", at(21 * DAY)).await.unwrap().is_some(),
        "the setting stays"
    );
    let until = vault.kept_until("u1", at(21 * DAY)).await.unwrap();
    assert_eq!(until, Some(at(28 * DAY)), "told in the settings");
    vault.keep_key(&unlocked, false, at(21 * DAY)).await.unwrap();
    vault.unlock("u1", "246810", at(21 * DAY)).await.unwrap();
    assert!(vault.kept("u1", at(21 * DAY)).await.unwrap().is_none());
}

#[wasm_bindgen_test]
async fn what_was_opened_before_a_lock_is_open_no_more() {
    let vault = Vault::named(&fresh_name());
    let created = vault.create("u1", "d1", "246810", at(0)).await.unwrap();
    assert!(vault.is_current(&created).await.unwrap());
    vault.lock("u1").await.unwrap();
    assert!(!vault.is_current(&created).await.unwrap());
    // A context that unlocked before the lock and keeps its keys only after it keeps nothing.
    vault.keep_key(&created, true, at(1)).await.unwrap();
    assert!(vault.kept("u1", at(1)).await.unwrap().is_none());
    assert!(vault.kept_until("u1", at(1)).await.unwrap().is_none(), "deleted");
    let unlocked = vault.unlock("u1", "246810", at(2)).await.unwrap();
    assert!(vault.is_current(&unlocked).await.unwrap());
    assert!(vault.kept("u1", at(2)).await.unwrap().is_some());
}

#[wasm_bindgen_test]
async fn private_values_are_sealed_one_person_s_and_gone_with_them() {
    let name = fresh_name();
    let vault = Vault::named(&name);
    // Ids of which one begins with the other.
    let first = vault.create("u", "d1", "246810", at(0)).await.unwrap();
    let second = vault.create("u2", "d2", "135791", at(0)).await.unwrap();
    let put = async |who, kind, place, text| vault.put_private(who, kind, place, text).await.unwrap();
    put(&first, Private::Draft, "work-order/WO-1", Some("Pin seized")).await;
    put(&first, Private::Draft, "work-order/WO-2", Some("Bush worn")).await;
    put(&first, Private::Setting, "work-order/WO-1", Some("another kind")).await;
    put(&second, Private::Draft, "work-order/WO-1", Some("theirs")).await;
    put(
        &first,
        Private::Draft,
        "work-order/WO-1",
        Some("Pin seized, bush worn"),
    )
    .await;
    let drafts = async |who| {
        let mut drafts = vault.all_private(who, Private::Draft).await.unwrap();
        drafts.sort();
        drafts
    };
    assert_eq!(drafts(&first).await, ["Bush worn", "Pin seized, bush worn"]);
    let setting = vault.private(&first, Private::Setting, "work-order/WO-1").await;
    assert_eq!(setting.unwrap().as_deref(), Some("another kind"));
    let at_rest = dump(&name).await;
    for readable in ["WO-1", "seized", "worn", "another kind", "theirs"] {
        assert!(!at_rest.contains(readable), "{readable} in the clear");
    }
    put(&first, Private::Draft, "work-order/WO-2", None).await;
    assert_eq!(drafts(&first).await, ["Pin seized, bush worn"]);
    vault.purge("u").await.unwrap();
    assert_eq!(drafts(&first).await, [""; 0]);
    assert_eq!(drafts(&second).await, ["theirs"]);
}

#[wasm_bindgen_test]
async fn a_private_value_in_another_s_place_does_not_open() {
    let name = fresh_name();
    let vault = Vault::named(&name);
    let unlocked = vault.create("u1", "d1", "246810", at(0)).await.unwrap();
    for (setting, value) in [("lock-after", "1"), ("other", "0")] {
        let put = vault.put_private(&unlocked, Private::Setting, setting, Some(value));
        put.await.unwrap();
    }
    // Somebody at the files gives the first setting the other's sealed value.
    script(
        r#"
        const open = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
        const db = await open(indexedDB.open(a));
        const state = db.transaction("state", "readwrite").objectStore("state");
        const keys = (await open(state.getAllKeys())).filter(Array.isArray);
        const values = await Promise.all(keys.map((key) => open(state.get(key))));
        for (const [at, key] of keys.entries()) await open(state.put({ ...values[at], sealed: values[1 - at].sealed }, key));
        db.close();
        "#,
        &[name.as_str().into()],
    )
    .await;
    let read = vault.private(&unlocked, Private::Setting, "lock-after").await;
    assert_eq!(read.unwrap(), None);
}

#[wasm_bindgen_test]
async fn the_lock_screen_knows_when_the_next_passcode_may_be_tried() {
    let waiting = Waiting::set_up().await;
    for second in [1.0, 2.0, 3.0] {
        assert_eq!(waiting.left_ms(second).await, 0);
        waiting.unlock(second, 1, "wrong1").await.unwrap_err();
    }
    assert_eq!(waiting.left_ms(4.0).await, 4_000);
    assert_eq!(waiting.left_ms(8.0).await, 0);
}

#[wasm_bindgen_test]
async fn signing_out_leaves_nothing_of_one_person_and_everything_of_the_other() {
    let name = fresh_name();
    let vault = Vault::named(&name);
    let first = vault.create("u1", "d1", "246810", at(0)).await.unwrap();
    let second = vault.create("u2", "d1", "135791", at(1)).await.unwrap();
    for unlocked in [&first, &second] {
        let store = IndexedDbStore::new(&unlocked.database, unlocked.keys.clone());
        store.commit(0, &put([work_order("1", "mine")])).await.unwrap();
    }
    assert_eq!(vault.current().await.unwrap().as_deref(), Some("u2"));
    vault.purge("u2").await.unwrap();
    assert_eq!(vault.current().await.unwrap(), None);
    let users: Vec<String> = vault
        .users()
        .await
        .unwrap()
        .into_iter()
        .map(|user| user.user_id)
        .collect();
    assert_eq!(users, ["u1"]);
    let names = || {
        script(
            "return (await indexedDB.databases()).map((d) => d.name).join()",
            &[],
        )
    };
    let left = names().await.as_string().unwrap();
    assert!(
        left.contains(&first.database) && !left.contains(&second.database),
        "{left}"
    );
    vault.purge("u1").await.unwrap();
    let left = names().await.as_string().unwrap();
    assert!(!left.contains(&first.database) && !left.contains(&name), "{left}");
}

#[wasm_bindgen_test]
async fn an_export_opens_with_its_passphrase_alone() {
    let text = passphrase::seal("a long phrase", b"{\"writes\":[]}")
        .await
        .unwrap();
    assert!(text.starts_with("holdfast-export-1.") && !text.contains("writes"));
    assert_eq!(
        passphrase::open("a long phrase", &text).await.unwrap(),
        b"{\"writes\":[]}"
    );
    assert_eq!(
        passphrase::open("another phrase", &text).await,
        Err(SealError::DoesNotOpen)
    );
}

/// The rules for passcodes have become stricter; what was set before opens as it did.
#[wasm_bindgen_test]
async fn a_weak_passcode_of_earlier_rules_still_unlocks_and_gives_way_to_a_strong_one() {
    for weak in ["123456", "password", "111111", "qwertz", "1234"] {
        let name = fresh_name();
        let vault = Vault::named(&name);
        vault.create("u1", "d1", "correct horse", at(0)).await.unwrap();
        assert!(is_weak(weak), "{weak}");
        // As an earlier version of the app wrapped the secret.
        let (earlier, keys) = secret::create(weak).await.unwrap();
        let [salt, wrapped] = [&earlier.salt, &earlier.secret].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        let change = r#"
            const open = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
            const db = await open(indexedDB.open(a));
            const users = db.transaction("users", "readwrite").objectStore("users");
            const record = await open(users.get("u1"));
            await open(users.put({ ...record, salt: b, secret: c }));
            db.close();
        "#;
        script(change, &[name.into(), salt.into(), wrapped.into()]).await;
        let sealed = keys.seal(Purpose::Row, &NAME, b"pin seized").await.unwrap();
        let unlocked = vault.unlock("u1", weak, at(1)).await.unwrap();
        let opened = unlocked.keys.open(Purpose::Row, &NAME, &sealed).await.unwrap();
        assert_eq!(opened, b"pin seized", "{weak}");
        // It can be changed to a strong one, and to no other weak one.
        let other = vault.change_passcode("u1", weak, "654321", at(2)).await;
        assert_eq!(other, Err(VaultError::WeakPasscode), "{weak}");
        vault
            .change_passcode("u1", weak, "quiet lantern", at(3))
            .await
            .unwrap();
        assert!(vault.unlock("u1", "quiet lantern", at(4)).await.is_ok());
        assert_eq!(
            vault.unlock("u1", weak, at(5)).await.err(),
            Some(VaultError::WrongPasscode)
        );
    }
}
