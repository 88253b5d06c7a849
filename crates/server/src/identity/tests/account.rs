//! What a change of an account ends, in memory and in SQLite.

use chrono::TimeDelta;

use super::*;
use crate::identity::access::authenticate;
use crate::identity::known_browser;
use crate::identity::{account, demo};
use crate::storage::identity::{Revocation, Session};
use crate::storage::memory::MemoryStorage;
use crate::storage::port::{Organisation, Storage, StorageError};
use crate::storage::sqlite::SqliteDatabase;

/// Ann is signed in on two devices and Ben on one, Ann holds a code that nobody used yet, and her browser is known.
struct Scene<'a> {
    store: &'a mut dyn IdentityWriter,
    rng: StdRng,
    now: DateTime<Utc>,
    anns: [Tokens; 2],
    bens: Tokens,
    code: String,
    browser: String,
}

fn terms<'a>(rng: &'a mut StdRng, now: DateTime<Utc>) -> Terms<'a> {
    Terms {
        now,
        rng,
        lifetimes: lifetimes(),
    }
}

impl<'a> Scene<'a> {
    fn new(store: &'a mut dyn IdentityWriter) -> Self {
        let now = World::new().now;
        let mut rng = StdRng::seed_from_u64(11);
        for id in ["ann", "ben"] {
            store.save_user(&user(id)).unwrap();
        }
        let mut sign_in = |id: &str| {
            let code = issue_code(store, &mut rng, now, id, &request()).unwrap();
            let request = exchange(code.reveal().to_owned());
            outcome(exchange_code(store, &mut terms(&mut rng, now), &request).unwrap()).unwrap()
        };
        let (anns, bens) = ([sign_in("ann"), sign_in("ann")], sign_in("ben"));
        let code = issue_code(store, &mut rng, now, "ann", &request()).unwrap();
        let browser = known_browser::remember(store, &mut rng, now, "ann", None).unwrap();
        Self {
            store,
            now,
            anns,
            bens,
            code: code.reveal().to_owned(),
            browser: browser.reveal().to_owned(),
            rng,
        }
    }

    fn is_let_in(&mut self, tokens: &Tokens) -> (bool, bool) {
        let by_access = authenticate(self.store, self.now, tokens.access.reveal()).unwrap();
        let presented = Some(tokens.refresh.reveal());
        let granted = refresh(self.store, &mut terms(&mut self.rng, self.now), presented, LABEL).unwrap();
        (by_access.is_some(), matches!(granted, Grant::Issued(_)))
    }

    fn account(&self) -> User {
        self.store.user("ann").unwrap().unwrap()
    }

    fn assert_everything_ended(mut self, name: &str) {
        for tokens in self.anns.clone() {
            assert_eq!(self.is_let_in(&tokens), (false, false), "{name}");
        }
        let bens = self.bens.clone();
        assert_eq!(
            self.is_let_in(&bens),
            (true, true),
            "{name}: nobody else is touched"
        );
        let request = exchange(self.code.clone());
        let granted = exchange_code(self.store, &mut terms(&mut self.rng, self.now), &request).unwrap();
        assert_eq!(outcome(granted).unwrap_err(), Refusal::UnknownCode, "{name}");
        let known = known_browser::recognise(self.store, self.now, "ann", Some(&self.browser)).unwrap();
        assert!(known.is_none(), "{name}");
    }
}

fn a_password_is_set(store: &mut dyn IdentityWriter) {
    let scene = Scene::new(store);
    let ann = scene.account();
    let ended = account::set_password(scene.store, scene.now, ann, "new".to_owned()).unwrap();
    assert_eq!(ended, 2);
    assert_eq!(scene.account().password_hash, "new");
    scene.assert_everything_ended("password");
}

fn an_account_is_disabled_and_enabled(store: &mut dyn IdentityWriter) {
    let scene = Scene::new(store);
    for disabled in [true, false] {
        let ann = scene.account();
        account::set_disabled(scene.store, scene.now, ann, disabled).unwrap();
    }
    assert!(!scene.account().disabled);
    scene.assert_everything_ended("disabled and enabled");
}

/// An account that an earlier version disabled still has sessions that nobody revoked.
fn an_account_is_enabled(store: &mut dyn IdentityWriter) {
    let scene = Scene::new(store);
    let disabled = User {
        disabled: true,
        ..scene.account()
    };
    scene.store.save_user(&disabled).unwrap();
    account::set_disabled(scene.store, scene.now, disabled, false).unwrap();
    scene.assert_everything_ended("enabled");
}

fn what_changes_nothing_ends_nothing(store: &mut dyn IdentityWriter) {
    let mut scene = Scene::new(store);
    let ann = scene.account();
    let ended = account::set_disabled(scene.store, scene.now, ann, false).unwrap();
    assert_eq!(ended, 0);
    let tokens = scene.anns[0].clone();
    assert_eq!(scene.is_let_in(&tokens), (true, true));
}

#[test]
fn every_change_of_an_account_ends_its_sessions_codes_and_known_browsers() {
    type Change = fn(&mut dyn IdentityWriter);
    let changes: [Change; 4] = [
        a_password_is_set,
        an_account_is_disabled_and_enabled,
        an_account_is_enabled,
        what_changes_nothing_ends_nothing,
    ];
    for change in changes {
        in_transaction(&MemoryStorage::default(), change);
        let folder = tempfile::tempdir().unwrap();
        let database = SqliteDatabase::open(&folder.path().join("test.db")).unwrap();
        in_transaction(&database, change);
    }
}

fn in_transaction(storage: &impl Storage, work: fn(&mut dyn IdentityWriter)) {
    let done: Result<(), StorageError> = storage.write(Organisation::ONLY, |tx| {
        work(tx.identity_mut()?);
        Ok(())
    });
    done.unwrap();
}

#[test]
fn a_demo_that_goes_on_keeps_its_sessions_and_one_that_was_closed_does_not() {
    for closed in [false, true] {
        let mut world = World::new();
        let now = world.now;
        demo::open(
            &mut SqliteTransaction::new(&world.connection),
            &mut world.rng,
            now,
        )
        .unwrap();
        let tokens = world.sign_in("technician");
        if closed {
            demo::close(&mut world.store(), now).unwrap();
        }
        demo::open(
            &mut SqliteTransaction::new(&world.connection),
            &mut world.rng,
            now,
        )
        .unwrap();
        assert_eq!(world.is_let_in(&tokens), !closed);
        assert_eq!(world.refresh(tokens.refresh.reveal()).is_ok(), !closed);
    }
}

#[test]
fn a_session_ends_at_its_longest_lifetime_however_often_it_was_refreshed() {
    let mut world = World::new();
    let mut tokens = world.sign_in("ann");
    for _ in 0..4 {
        world.pass(TimeDelta::days(20));
        tokens = world.refresh(tokens.refresh.reveal()).unwrap();
        let left = TimeDelta::days(90) - (world.now - World::new().now);
        assert_eq!(tokens.refresh_expires_in, lifetimes().refresh.min(left));
    }
    world.pass(TimeDelta::days(10) - TimeDelta::minutes(1));
    tokens = world.refresh(tokens.refresh.reveal()).unwrap();
    assert_eq!(tokens.access_expires_in, TimeDelta::minutes(1));
    assert_eq!(tokens.refresh_expires_in, TimeDelta::minutes(1));
    // Near the end, too, an answer that was lost is no theft.
    let arrived = world.refresh(tokens.refresh.reveal()).unwrap();
    world.refresh(arrived.refresh.reveal()).unwrap();
    assert!(
        world.refresh(tokens.refresh.reveal()).is_ok(),
        "within the settling time"
    );

    world.pass(TimeDelta::minutes(1));
    assert!(!world.is_let_in(&tokens));
    assert_eq!(
        world.refresh(arrived.refresh.reveal()).unwrap_err(),
        Refusal::SessionExpired
    );
    assert!(
        world
            .store()
            .signed_in_devices("ann", None, 10)
            .unwrap()
            .is_empty()
    );
    let session: Option<Session> = {
        let id = crate::storage::identity::SecretHash::of(arrived.refresh.reveal());
        let token = world.store().refresh_token(id).unwrap().unwrap();
        world.store().session(token.session_id).unwrap()
    };
    assert_eq!(
        session.unwrap().revoked.unwrap().reason,
        Revocation::LifetimeEnded
    );
}

#[test]
fn a_password_that_was_verified_before_a_change_earns_no_code_after_it() {
    let mut world = World::new();
    let now = world.now;
    let verified = world.store().user("ann").unwrap().unwrap();
    let code = |world: &mut World| {
        let mut store = SqliteTransaction::new(&world.connection);
        crate::identity::authorization::issue_code_to(&mut store, &mut world.rng, now, &verified, &request())
            .unwrap()
    };
    assert!(code(&mut world).is_some());
    account::set_password(&mut world.store(), now, verified.clone(), "new".to_owned()).unwrap();
    assert!(code(&mut world).is_none());
    world.store().save_user(&verified).unwrap();
    account::set_disabled(&mut world.store(), now, verified.clone(), true).unwrap();
    assert!(code(&mut world).is_none());
}

#[test]
fn what_a_token_is_good_for_is_seen_without_writing() {
    let mut world = World::new();
    let tokens = world.sign_in("ann");
    let look = |world: &World, token: Option<&str>| {
        crate::identity::refresh::refusal(&world.store(), world.now, lifetimes(), token).unwrap()
    };
    assert_eq!(look(&world, None), Some(Refusal::NoToken));
    assert_eq!(look(&world, Some("made up")), Some(Refusal::UnknownToken));
    assert_eq!(look(&world, Some(tokens.refresh.reveal())), None);
    crate::identity::access::sign_out(&mut world.store(), world.now, tokens.access.reveal()).unwrap();
    assert_eq!(
        look(&world, Some(tokens.refresh.reveal())),
        Some(Refusal::SessionRevoked)
    );
    let code = world.code_for("ann");
    let seen = |world: &World, code: &str| crate::identity::exchange::refusal(&world.store(), code).unwrap();
    assert_eq!(seen(&world, "made up"), Some(Refusal::UnknownCode));
    assert_eq!(seen(&world, &code), None);
    world.exchange(&exchange(code.clone())).unwrap();
    assert_eq!(seen(&world, &code), None, "a replay revokes what it opened");
    world.exchange(&exchange(code.clone())).unwrap_err();
    assert_eq!(seen(&world, &code), Some(Refusal::CodeReplayed));
}
