//! Sealed values that were damaged, cut off, or put in another's place: an error each, and never another's content.

#![allow(clippy::unwrap_used)]

mod support;

use futures::future::join_all;
use holdfast_browser::seal::{Name, Purpose, SealError, passphrase, secret};
use holdfast_core::{ports::Rng, store::Row, store::Store};
use js_sys::Uint8Array;
use support::{change_value, dice::Dice, fresh_keys, fresh_store, held, put, work_order};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const PLAIN: &[u8] = b"{\"lease\":{\"token\":\"t\",\"expiresAt\":\"2026-11-21T08:30:00Z\"}}";

fn refused(opened: &Result<Vec<u8>, SealError>) -> bool {
    matches!(opened, Err(SealError::DoesNotOpen | SealError::UnknownLayout(_)))
}

#[wasm_bindgen_test]
async fn no_bit_can_be_flipped_and_no_byte_cut_off_or_added() {
    let keys = fresh_keys().await;
    let name = keys.name("a row").await.unwrap();
    let sealed = keys.seal(Purpose::Row, &name, PLAIN).await.unwrap().to_vec();
    let mut damaged: Vec<Vec<u8>> = Vec::new();
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        damaged.push(flipped);
    }
    damaged.extend((0..sealed.len()).map(|length| sealed[..length].to_vec()));
    damaged.push([sealed.as_slice(), &[0]].concat());
    let views: Vec<Uint8Array> = damaged
        .iter()
        .map(|bytes| Uint8Array::from(bytes.as_slice()))
        .collect();
    let opened = join_all(views.iter().map(|view| keys.open(Purpose::Row, &name, view))).await;
    assert!(opened.iter().all(refused));
    let whole = Uint8Array::from(sealed.as_slice());
    assert_eq!(keys.open(Purpose::Row, &name, &whole).await.unwrap(), PLAIN);
}

#[wasm_bindgen_test]
async fn it_opens_for_its_purpose_its_name_and_its_key_alone() {
    let (keys, stranger) = (fresh_keys().await, fresh_keys().await);
    let (name, other) = (
        keys.name("a row").await.unwrap(),
        keys.name("another").await.unwrap(),
    );
    let sealed = keys.seal(Purpose::Row, &name, PLAIN).await.unwrap();
    for purpose in [Purpose::Deletion, Purpose::CachedRead, Purpose::Export] {
        assert!(refused(&keys.open(purpose, &name, &sealed).await), "{purpose:?}");
    }
    assert!(refused(&keys.open(Purpose::Row, &other, &sealed).await));
    assert!(refused(&stranger.open(Purpose::Row, &name, &sealed).await));
}

#[wasm_bindgen_test]
async fn any_bytes_are_no_sealed_value() {
    let (keys, dice) = (fresh_keys().await, Dice::new(1));
    let name: Name = [7; 32];
    for _ in 0..500 {
        let length = dice.below(80);
        // Half of them begin as sealed values do.
        let mut bytes: Vec<u8> = (0..length).map(|_| dice.next_u64() as u8).collect();
        if let Some(first) = bytes.first_mut().filter(|first| **first % 2 == 0) {
            *first = holdfast_browser::seal::LAYOUT;
        }
        let opened = keys
            .open(Purpose::Row, &name, &Uint8Array::from(bytes.as_slice()))
            .await;
        assert!(refused(&opened), "{bytes:?}");
    }
}

/// Twelve commits, of which one at a time is damaged: it is set aside, and all others are read as they were written.
#[wasm_bindgen_test]
async fn a_damaged_commit_is_set_aside_whatever_befell_it() {
    const COMMITS: usize = 12;
    let (store, _) = fresh_store().await;
    let rows: Vec<Row> = (0..COMMITS)
        .map(|n| work_order(&n.to_string(), &format!("title {n}")))
        .collect();
    for (revision, row) in rows.iter().enumerate() {
        store.commit(revision as u64, &put([row.clone()])).await.unwrap();
    }
    let damages = [
        "value[place % value.length] ^= 1 << (place % 8)",
        "value = value.slice(0, place % value.length)",
        "value = Uint8Array.from([...value, place % 256])",
        "value = values[other]",
        "value = Uint8Array.from([...values[other].slice(0, 13), ...value.slice(13)])",
        "value = 'text'",
        "value = null",
        "value = { sealed: value }",
        "value = value.map(() => place % 256)",
    ];
    let dice = Dice::new(2);
    for round in 0..90 {
        let (at, further, place) = (
            dice.below(COMMITS),
            1 + dice.below(COMMITS - 1),
            dice.below(10_000),
        );
        let damage = damages[round % damages.len()];
        let told = format!(
            "const [other, place] = [{}, {place}]; {damage}",
            1 + (at + further) % COMMITS
        );
        let change = format!("globalThis.kept = structuredClone(value); {told}");
        change_value(store.database().name(), "journal", 1.0 + at as f64, &change).await;
        let (found, quarantined) = held(&store).await;
        assert_eq!((found.len(), quarantined), (COMMITS - 1, 1), "{told}");
        assert!(found.iter().all(|row| rows.contains(row)), "{told}");
        let mend = "value = globalThis.kept";
        change_value(store.database().name(), "journal", 1.0 + at as f64, mend).await;
    }
    assert_eq!(held(&store).await.0.len(), COMMITS, "each was mended again");
}

/// Written by a later version of the app, or by a fault in this one: it opens and says nothing that is known here.
#[wasm_bindgen_test]
async fn what_opens_and_is_no_commit_is_set_aside() {
    let (store, keys) = fresh_store().await;
    store.commit(0, &put([work_order("1", "one")])).await.unwrap();
    store.commit(1, &put([work_order("2", "two")])).await.unwrap();
    let contents: [&[u8]; 10] = [
        b"",
        b"\0",
        b"\0{",
        b"\0null",
        b"\0\xff\xfe",
        b"\0{\"put\":[{\"future\":{}}],\"delete\":[],\"pages\":[]}",
        b"\0{\"put\":[],\"delete\":[{\"lease\":7}],\"pages\":[]}",
        b"\0{\"put\":[],\"delete\":[],\"pages\":[{\"id\":77,\"entity\":\"x\"}]}",
        b"\x01\xff\xff\xff\xff",
        b"\x07",
    ];
    for content in contents {
        let name = 1_u64.to_le_bytes();
        let sealed = keys.seal(Purpose::Commit, &name, content).await.unwrap();
        let bytes: Vec<String> = sealed.to_vec().iter().map(u8::to_string).collect();
        let change = format!("value = new Uint8Array([{}])", bytes.join(","));
        change_value(store.database().name(), "journal", 1.0, &change).await;
        let told = String::from_utf8_lossy(content);
        assert_eq!(held(&store).await, (vec![work_order("2", "two")], 1), "{told}");
    }
}

#[wasm_bindgen_test]
async fn an_export_that_is_cut_off_or_changed_does_not_open() {
    let sealed = passphrase::seal("correct horse", PLAIN).await.unwrap();
    assert_eq!(passphrase::open("correct horse", &sealed).await.unwrap(), PLAIN);
    let mut broken = vec![
        String::new(),
        "holdfast-export-1.".into(),
        "holdfast-export-1..".into(),
        sealed.replace('.', ""),
    ];
    let dice = Dice::new(3);
    for _ in 0..8 {
        broken.push(sealed[..dice.below(sealed.len())].to_owned());
        let (at, letter) = (
            dice.below(sealed.len()),
            ["A", "b", "0", "_", ".", "é"][dice.below(6)],
        );
        broken.push(format!("{}{letter}{}", &sealed[..at], &sealed[at + 1..]));
    }
    // A letter may have been replaced by itself.
    for text in broken.iter().filter(|text| **text != sealed) {
        let opened = passphrase::open("correct horse", text).await;
        assert!(
            opened
                .as_ref()
                .map_or(true, |plain| plain == PLAIN && equivalent(text, &sealed)),
            "{text}"
        );
    }
}

/// The last letter of base64 may hold bits that mean nothing.
fn equivalent(text: &str, sealed: &str) -> bool {
    text.len() == sealed.len() && text[..text.len() - 1] == sealed[..sealed.len() - 1]
}

/// What lies beside the wrapped secret is not sealed: whatever stands there, unlocking fails and does not crash.
#[wasm_bindgen_test]
async fn a_damaged_lock_does_not_open() {
    let (wrapped, _) = secret::create("a passcode").await.unwrap();
    let damage: [fn(&mut secret::Wrapped); 9] = [
        |wrapped| wrapped.secret[20] ^= 1,
        |wrapped| wrapped.secret.truncate(5),
        |wrapped| wrapped.secret.clear(),
        |wrapped| wrapped.salt.clear(),
        |wrapped| wrapped.salt[0] ^= 1,
        |wrapped| wrapped.cost.memory_kib = 0,
        |wrapped| wrapped.cost.memory_kib = u32::MAX,
        |wrapped| wrapped.cost.passes = u32::MAX,
        |wrapped| wrapped.cost.lanes = u32::MAX,
    ];
    for change in damage {
        let mut wrapped = wrapped.clone();
        change(&mut wrapped);
        assert!(
            secret::unlock(&wrapped, "a passcode").await.is_err(),
            "{wrapped:?}"
        );
    }
    assert!(secret::unlock(&wrapped, "a passcode").await.is_ok());
}
