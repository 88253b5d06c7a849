//! Accounts, devices, sessions, tokens and known browsers.

use chrono::TimeDelta;
use holdfast_core::Timestamp;
use uuid::Uuid;

use super::*;
use crate::storage::fixtures::user;
use crate::storage::identity::{
    AccessToken, AuthorizationCode, Device, KnownBrowser, RefreshToken, Revocation, Revoked, SecretHash,
    Session, User,
};
use crate::storage::port::{IdentityReader, IdentityWriter};

conformance!(
    accounts_are_found_by_id_and_by_name_in_any_case_and_listed_in_order,
    a_device_is_listed_while_one_of_its_sessions_lives_the_last_seen_first,
    devices_are_listed_page_by_page_also_those_seen_at_one_time,
    tokens_are_found_by_their_hash_until_they_are_forgotten,
    all_sessions_and_unused_codes_of_one_account_end_together,
    browsers_are_known_for_each_account_until_trimmed_or_forgotten,
);

/// Ann and Ben have accounts.
pub(super) fn with_people(storage: &impl Storage, work: impl FnOnce(&mut dyn IdentityWriter)) {
    write(storage, |tx| {
        for id in ["ann", "ben"] {
            tx.identity_mut()?.save_user(&user(id))?;
        }
        work(tx.identity_mut()?);
        Ok(())
    });
}

pub(super) fn device(number: u128, at: Timestamp) -> Device {
    Device {
        id: Uuid::from_u128(number),
        user_id: "ann".to_owned(),
        label: "Chrome on Android".to_owned(),
        first_seen_at: at,
        last_seen_at: at,
    }
}

pub(super) fn session(number: u128, device: u128, at: Timestamp) -> Session {
    Session {
        id: Uuid::from_u128(number),
        user_id: "ann".to_owned(),
        device_id: Uuid::from_u128(device),
        current_token: SecretHash::of("first"),
        created_at: at,
        revoked: None,
    }
}

fn accounts_are_found_by_id_and_by_name_in_any_case_and_listed_in_order(storage: &impl Storage) {
    with_people(storage, |store| {
        let named = User {
            username: "Zoe".to_owned(),
            demo: true,
            ..user("zoe")
        };
        store.save_user(&named).unwrap();
        assert_eq!(store.user_by_name("ZOE").unwrap().unwrap().id, "zoe");
        assert_eq!(store.user("nobody").unwrap(), None);
        let names: Vec<String> = store.users().unwrap().into_iter().map(|user| user.id).collect();
        assert_eq!(names, ["ann", "ben", "zoe"]);

        assert!(store.has_users().unwrap());
        for user in store.users().unwrap() {
            let disabled = User {
                disabled: true,
                ..user
            };
            store.save_user(&disabled).unwrap();
        }
        assert!(!store.has_users().unwrap());
    });
}

fn a_device_is_listed_while_one_of_its_sessions_lives_the_last_seen_first(storage: &impl Storage) {
    with_people(storage, |store| {
        let now = at(0);
        let later = now + TimeDelta::hours(1);
        for (id, at) in [(1, now), (2, later), (3, now)] {
            store.save_device(&device(id, at)).unwrap();
        }
        for (id, of) in [(11, 1), (12, 2)] {
            store.save_session(&session(id, of, now)).unwrap();
        }
        let listed = |store: &dyn IdentityReader| -> Vec<Uuid> {
            let devices = store.signed_in_devices("ann", None, 10).unwrap();
            devices.into_iter().map(|device| device.id).collect()
        };
        assert_eq!(listed(store), [2, 1].map(Uuid::from_u128));

        let revoked = Revoked {
            at: later,
            reason: Revocation::DeviceRemoved,
        };
        assert_eq!(store.revoke_sessions_of(Uuid::from_u128(2), revoked).unwrap(), 1);
        assert_eq!(store.revoke_sessions_of(Uuid::from_u128(2), revoked).unwrap(), 0);
        assert_eq!(listed(store), [Uuid::from_u128(1)]);
        let ended = store.session(Uuid::from_u128(12)).unwrap().unwrap();
        assert_eq!(ended.revoked, Some(revoked));
    });
}

fn devices_are_listed_page_by_page_also_those_seen_at_one_time(storage: &impl Storage) {
    with_people(storage, |store| {
        let now = at(0);
        for number in 1..=7 {
            let at = now + TimeDelta::hours(i64::from(number == 3));
            store.save_device(&device(number, at)).unwrap();
            store.save_session(&session(number + 100, number, now)).unwrap();
        }
        let all = [3, 1, 2, 4, 5, 6, 7].map(Uuid::from_u128);
        for limit in [1, 2, 3, 7, 8] {
            let (mut listed, mut after) = (Vec::new(), None);
            for _ in 0..10 {
                let page = store.signed_in_devices("ann", after.as_ref(), limit).unwrap();
                assert!(page.len() <= limit);
                listed.extend(page.iter().map(|device| device.id));
                after = page.into_iter().last().or(after);
            }
            assert_eq!(listed, all, "{limit}");
        }
    });
}

fn tokens_are_found_by_their_hash_until_they_are_forgotten(storage: &impl Storage) {
    with_people(storage, |store| {
        let now = at(0);
        store.save_device(&device(1, now)).unwrap();
        store.save_session(&session(11, 1, now)).unwrap();
        let (hash, session_id) = (SecretHash::of("token"), Uuid::from_u128(11));
        let refresh = RefreshToken {
            hash,
            session_id,
            parent: Some(SecretHash::of("earlier")),
            expires_at: now,
        };
        let access = AccessToken {
            hash,
            session_id,
            expires_at: now + TimeDelta::hours(2),
        };
        store.save_refresh_token(&refresh).unwrap();
        store.save_access_token(&access).unwrap();
        assert!(!store.has_successor(&refresh).unwrap());
        let earlier = RefreshToken {
            hash: SecretHash::of("earlier"),
            parent: None,
            ..refresh
        };
        assert!(store.has_successor(&earlier).unwrap());
        assert_eq!(store.refresh_token(hash).unwrap(), Some(refresh));
        assert_eq!(store.access_token(hash).unwrap(), Some(access.clone()));

        store.forget_expired(now + TimeDelta::hours(1)).unwrap();
        assert_eq!(store.refresh_token(hash).unwrap(), None);
        assert_eq!(store.access_token(hash).unwrap(), Some(access));
    });
}

fn all_sessions_and_unused_codes_of_one_account_end_together(storage: &impl Storage) {
    with_people(storage, |store| {
        let now = at(0);
        store.save_device(&device(1, now)).unwrap();
        store.save_device(&device(2, now)).unwrap();
        let bens_device = Device {
            user_id: "ben".to_owned(),
            ..device(3, now)
        };
        store.save_device(&bens_device).unwrap();
        store.save_session(&session(11, 1, now)).unwrap();
        store.save_session(&session(12, 2, now)).unwrap();
        let bens = Session {
            user_id: "ben".to_owned(),
            ..session(13, 3, now)
        };
        store.save_session(&bens).unwrap();
        let code = |name: &str, user: &str, spent| AuthorizationCode {
            hash: SecretHash::of(name),
            user_id: user.to_owned(),
            redirect_uri: "https://field.example/signed-in".to_owned(),
            code_challenge: String::new(),
            expires_at: now,
            spent,
            session_id: None,
        };
        for (name, user, spent) in [
            ("new", "ann", false),
            ("spent", "ann", true),
            ("other", "ben", false),
        ] {
            store.save_code(&code(name, user, spent)).unwrap();
        }

        for reason in [
            Revocation::PasswordChanged,
            Revocation::AccountDisabled,
            Revocation::AccountEnabled,
            Revocation::LifetimeEnded,
        ] {
            store.save_session(&session(11, 1, now)).unwrap();
            let revoked = Revoked { at: now, reason };
            assert!(store.revoke_sessions_of_user("ann", revoked).unwrap() > 0);
            assert_eq!(store.revoke_sessions_of_user("ann", revoked).unwrap(), 0);
            let ended = store.session(Uuid::from_u128(11)).unwrap().unwrap();
            assert_eq!(ended.revoked, Some(revoked));
        }
        assert_eq!(store.session(Uuid::from_u128(13)).unwrap(), Some(bens));

        store.forget_unused_codes_of("ann").unwrap();
        let there = |name| store.code(SecretHash::of(name)).unwrap().is_some();
        assert_eq!(
            (there("new"), there("spent"), there("other")),
            (false, true, true)
        );
    });
}

fn browsers_are_known_for_each_account_until_trimmed_or_forgotten(storage: &impl Storage) {
    with_people(storage, |store| {
        let now = at(0);
        let browser = |name: &str, user: &str, hour| KnownBrowser {
            hash: SecretHash::of(name),
            user_id: user.to_owned(),
            signed_in_at: now + TimeDelta::hours(hour),
        };
        for (name, user, hour) in [
            ("old", "ann", 0),
            ("tablet", "ann", 1),
            ("tablet", "ben", 2),
            ("new", "ann", 3),
        ] {
            store.save_known_browser(&browser(name, user, hour)).unwrap();
        }
        store
            .rename_browser(SecretHash::of("tablet"), SecretHash::of("renamed"))
            .unwrap();
        let known = |store: &dyn IdentityReader, name, user| {
            let found = store.known_browser(SecretHash::of(name), user).unwrap();
            found.is_some()
        };
        assert!(
            known(store, "renamed", "ann")
                && known(store, "renamed", "ben")
                && !known(store, "tablet", "ann")
        );
        store.trim_browsers_of("ann", 2).unwrap();
        assert!(!known(store, "old", "ann") && known(store, "renamed", "ann") && known(store, "new", "ann"));
        assert!(!known(store, "new", "ben"));
        store.forget_browsers_of("ann").unwrap();
        assert!(!known(store, "renamed", "ann") && known(store, "renamed", "ben"));
    });
}
