//! What every identity store does: the rules were walked through over SQLite, the simulator plays them over memory.

use uuid::Uuid;

use super::*;
use crate::identity::memory::MemoryIdentity;
use crate::identity::model::{AccessToken, Device, RefreshToken, Revocation, Revoked, Session};
use crate::identity::secret::SecretHash;

fn on_each_store(check: impl Fn(&dyn Fn() -> World, &dyn IdentityStore)) {
    let world = World::new;
    check(&world, &SqliteIdentity(&world().connection));
    let memory = MemoryIdentity::default();
    for id in ["ann", "ben"] {
        memory.save_user(&user(id, world().now)).unwrap();
    }
    check(&world, &memory);
}

fn device(number: u128, at: DateTime<Utc>) -> Device {
    Device {
        id: Uuid::from_u128(number),
        user_id: "ann".to_owned(),
        label: LABEL.to_owned(),
        first_seen_at: at,
        last_seen_at: at,
    }
}

fn session(number: u128, device: u128, at: DateTime<Utc>) -> Session {
    Session {
        id: Uuid::from_u128(number),
        user_id: "ann".to_owned(),
        device_id: Uuid::from_u128(device),
        current_token: SecretHash::of("first"),
        created_at: at,
        revoked: None,
    }
}

#[test]
fn accounts_are_found_by_id_and_by_name_in_any_case_and_listed_in_order() {
    on_each_store(|world, store| {
        let now = world().now;
        let named = User {
            username: "Zoe".to_owned(),
            demo: true,
            ..user("zoe", now)
        };
        store.save_user(&named).unwrap();
        assert_eq!(store.user_by_name("ZOE").unwrap().unwrap().id, "zoe");
        assert_eq!(store.user("nobody").unwrap(), None);
        let names: Vec<String> = store.users().unwrap().into_iter().map(|user| user.id).collect();
        assert_eq!(names, ["ann", "ben", "zoe"]);

        store.allow_demo_users(false).unwrap();
        assert!(store.user("zoe").unwrap().unwrap().disabled);
        assert!(!store.user("ann").unwrap().unwrap().disabled);
        assert!(store.has_users().unwrap());
    });
}

#[test]
fn a_device_is_listed_while_one_of_its_sessions_lives_the_last_seen_first() {
    on_each_store(|world, store| {
        let now = world().now;
        let later = now + TimeDelta::hours(1);
        for (id, at) in [(1, now), (2, later), (3, now)] {
            store.save_device(&device(id, at)).unwrap();
        }
        for (id, of) in [(11, 1), (12, 2)] {
            store.save_session(&session(id, of, now)).unwrap();
        }
        let listed = || -> Vec<Uuid> {
            let devices = store.signed_in_devices("ann").unwrap();
            devices.into_iter().map(|device| device.id).collect()
        };
        assert_eq!(listed(), [2, 1].map(Uuid::from_u128));

        let revoked = Revoked {
            at: later,
            reason: Revocation::DeviceRemoved,
        };
        assert_eq!(store.revoke_sessions_of(Uuid::from_u128(2), revoked).unwrap(), 1);
        assert_eq!(store.revoke_sessions_of(Uuid::from_u128(2), revoked).unwrap(), 0);
        assert_eq!(listed(), [Uuid::from_u128(1)]);
        let ended = store.session(Uuid::from_u128(12)).unwrap().unwrap();
        assert_eq!(ended.revoked, Some(revoked));
    });
}

#[test]
fn tokens_are_found_by_their_hash_until_they_are_forgotten() {
    on_each_store(|world, store| {
        let now = world().now;
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
        assert_eq!(store.refresh_token(hash).unwrap(), Some(refresh));
        assert_eq!(store.access_token(hash).unwrap(), Some(access.clone()));

        store.forget_expired(now + TimeDelta::hours(1)).unwrap();
        assert_eq!(store.refresh_token(hash).unwrap(), None);
        assert_eq!(store.access_token(hash).unwrap(), Some(access));
    });
}
