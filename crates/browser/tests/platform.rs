//! The other ports and the platform's signals in a real browser.

#![allow(clippy::unwrap_used)]

mod support;

use std::{cell::RefCell, rc::Rc};

use holdfast_browser::{
    cached_reads::{CachedRead, CachedReads},
    channel::{Channel, Message},
    clock::PlatformClock,
    connectivity::{Connectivity, Hint},
    locks::{Lock, lock_within, try_lock},
    pkce::{self, SignInStateError},
    rng::PlatformRng,
    storage_health::StorageHealth,
};
use holdfast_core::ports::{Clock, Rng};
use support::{at, dump, fresh_name, fresh_store, script};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn read(path: &str, body: &str, expires: i64) -> CachedRead {
    CachedRead {
        path: path.into(),
        body: body.into(),
        content_type: "application/json".into(),
        etag: Some("\"7\"".into()),
        updated_at: at(0),
        expires_at: at(expires),
    }
}

#[wasm_bindgen_test]
async fn cached_reads_come_back_until_they_expire() {
    let (store, _) = fresh_store().await;
    let reads = CachedReads::new(&store);
    let stats = read("/api/v1/stats?site=north", "{\"open\":3}", 100);
    reads.put(&stats).await.unwrap();
    reads.put(&read("/api/v1/other", "{}", 500)).await.unwrap();
    assert_eq!(reads.get(&stats.path, at(99)).await.unwrap(), Some(stats.clone()));
    assert_eq!(reads.get(&stats.path, at(100)).await.unwrap(), None, "expired");
    assert_eq!(
        reads.get("/api/v1/stats", at(1)).await.unwrap(),
        None,
        "another query is another answer"
    );
    let newer = CachedRead {
        body: "{\"open\":4}".into(),
        ..stats.clone()
    };
    reads.put(&newer).await.unwrap();
    assert_eq!(reads.get(&stats.path, at(99)).await.unwrap(), Some(newer));
    let all = dump(store.database().name()).await;
    assert!(
        all.contains("reads: ") && !all.contains("stats") && !all.contains("open"),
        "sealed at rest"
    );
    assert_eq!(reads.fold(at(100)).await.unwrap(), 1);
    assert_eq!(reads.fold(at(100)).await.unwrap(), 0);
    assert!(reads.get("/api/v1/other", at(100)).await.unwrap().is_some());
}

#[wasm_bindgen_test]
async fn a_lock_is_held_by_one_until_it_is_dropped() {
    let name = fresh_name();
    let Lock::Held(guard) = try_lock(&name).await else {
        panic!("free")
    };
    assert!(matches!(try_lock(&name).await, Lock::Elsewhere));
    drop(guard);
    PlatformClock.sleep(20).await;
    assert!(matches!(try_lock(&name).await, Lock::Held(_)));
}

#[wasm_bindgen_test]
async fn a_lock_that_is_waited_for_comes_when_it_is_given_back_or_not_at_all() {
    let name = fresh_name();
    let Lock::Held(guard) = try_lock(&name).await else {
        panic!("free")
    };
    assert!(matches!(lock_within(&name, 50).await, Lock::Elsewhere));
    let waiting = lock_within(&name, 5_000);
    let giving_back = async {
        PlatformClock.sleep(50).await;
        drop(guard);
    };
    let (lock, ()) = futures::join!(waiting, giving_back);
    assert!(
        matches!(lock, Lock::Held(_)),
        "whoever gave up waiting does not stand in the way"
    );
}

#[wasm_bindgen_test]
async fn a_dropped_request_for_a_lock_holds_nothing() {
    let name = fresh_name();
    {
        let mut asking = Box::pin(try_lock(&name));
        assert!(futures::poll!(asking.as_mut()).is_pending());
    }
    PlatformClock.sleep(20).await;
    assert!(matches!(try_lock(&name).await, Lock::Held(_)));
}

#[wasm_bindgen_test]
async fn contexts_hear_each_other_and_not_themselves() {
    let name = fresh_name();
    let heard: Rc<RefCell<Vec<(&str, Message)>>> = Rc::default();
    let listen = |who: &'static str| {
        let heard = heard.clone();
        Channel::join(&name, move |message| heard.borrow_mut().push((who, message))).unwrap()
    };
    let (left, right) = (listen("left"), listen("right"));
    left.tell(&Message::Changed { revision: 9 });
    PlatformClock.sleep(50).await;
    right.tell(&Message::SignedOut);
    PlatformClock.sleep(50).await;
    assert_eq!(
        *heard.borrow(),
        [
            ("right", Message::Changed { revision: 9 }),
            ("left", Message::SignedOut)
        ]
    );
}

#[wasm_bindgen_test]
async fn the_platforms_hints_are_passed_on_until_nobody_listens() {
    let heard: Rc<RefCell<Vec<Hint>>> = Rc::default();
    let listening = Connectivity::listen({
        let heard = heard.clone();
        move |hint| heard.borrow_mut().push(hint)
    });
    let fire = r#"for (const name of ["offline", "online", "focus"]) dispatchEvent(new Event(name));"#;
    script(fire, &[]).await;
    drop(listening);
    script(fire, &[]).await;
    assert_eq!(*heard.borrow(), [Hint::Offline, Hint::Online, Hint::Visible]);
}

#[wasm_bindgen_test]
async fn a_sign_in_ends_where_it_was_begun_and_once() {
    let address = pkce::begin("http://localhost/signed-in").await.unwrap();
    let query = address.strip_prefix("/oauth/authorize?").unwrap();
    let part = |name: &str| {
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix(&format!("{name}=")))
            .unwrap()
            .to_owned()
    };
    assert_eq!(part("code_challenge_method"), "S256");
    let form = pkce::finish("the code", &part("state"), Some("d 1")).unwrap();
    assert!(form.contains("device_id=d%201"), "{form}");
    let verifier = form
        .split('&')
        .find_map(|pair| pair.strip_prefix("code_verifier="))
        .unwrap()
        .to_owned();
    assert!(verifier.len() >= 43 && form.contains("code=the%20code"));
    let challenge = script(
        r#"
        const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(a));
        return btoa(String.fromCharCode(...new Uint8Array(digest))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
        "#,
        &[verifier.into()],
    )
    .await;
    assert_eq!(challenge.as_string().unwrap(), part("code_challenge"));
    assert_eq!(
        pkce::finish("the code", &part("state"), None),
        Err(SignInStateError::NotBegunHere),
        "only once"
    );
    pkce::begin("http://localhost/signed-in").await.unwrap();
    assert_eq!(
        pkce::finish("the code", "forged", None),
        Err(SignInStateError::NotBegunHere)
    );
}

#[wasm_bindgen_test]
async fn clock_randomness_and_storage_are_the_platforms() {
    let before = PlatformClock.now();
    PlatformClock.sleep(30).await;
    assert!((PlatformClock.now() - before).num_milliseconds() >= 29);
    let ids: std::collections::BTreeSet<String> = (0..100).map(|_| PlatformRng.uuid()).collect();
    assert_eq!(ids.len(), 100);
    let health = StorageHealth::now().await;
    assert!(health.quota.is_some_and(|quota| quota > 0.0));
}
