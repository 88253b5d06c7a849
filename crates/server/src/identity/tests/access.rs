//! Access tokens, sign-out, and the list of devices.

use chrono::TimeDelta;

use super::super::access::{authenticate, remove_device, sign_out, tidy};
use super::super::password::{self, Passwords};
use super::super::{Identity, demo};
use super::*;

#[test]
fn an_access_token_names_its_bearer_until_it_expires() {
    let mut world = World::new();
    let tokens = world.sign_in("ann");
    let who = |world: &World| authenticate(&world.store(), world.now, tokens.access.reveal()).unwrap();
    let Identity {
        user_id,
        username,
        roles,
        sites,
        device_id,
        ..
    } = who(&world).unwrap();
    assert_eq!(
        (user_id.as_str(), username.as_str(), device_id),
        ("ann", "ann", tokens.device_id)
    );
    assert_eq!(
        (roles, sites),
        (vec!["technician".to_owned()], vec!["north".to_owned()])
    );

    world.pass(TimeDelta::minutes(10) - TimeDelta::milliseconds(1));
    assert!(who(&world).is_some());
    world.pass(TimeDelta::milliseconds(1));
    assert!(who(&world).is_none());
}

#[test]
fn neither_a_refresh_token_nor_a_guess_nor_a_disabled_account_gets_in() {
    let mut world = World::new();
    let tokens = world.sign_in("ann");
    for token in [tokens.refresh.reveal(), "made up", ""] {
        assert!(authenticate(&world.store(), world.now, token).unwrap().is_none());
    }
    world
        .store()
        .save_user(&User {
            disabled: true,
            ..user("ann")
        })
        .unwrap();
    assert!(!world.is_let_in(&tokens));
}

#[test]
fn signing_out_by_either_token_ends_the_session() {
    for by_refresh in [false, true] {
        let mut world = World::new();
        let (phone, desk) = (world.sign_in("ann"), world.sign_in("ann"));
        let token = if by_refresh {
            phone.refresh.reveal()
        } else {
            phone.access.reveal()
        };
        sign_out(&mut world.store(), world.now, token).unwrap();
        assert!(!world.is_let_in(&phone) && world.is_let_in(&desk));
        assert_eq!(
            world.refresh(phone.refresh.reveal()).unwrap_err(),
            Refusal::SessionRevoked
        );
        sign_out(&mut world.store(), world.now, "made up").unwrap();
    }
}

#[test]
fn people_remove_their_own_devices_only() {
    let mut world = World::new();
    let (phone, desk, bens) = (world.sign_in("ann"), world.sign_in("ann"), world.sign_in("ben"));
    let remove = |world: &World, id| remove_device(&mut world.store(), world.now, "ann", id).unwrap();
    assert!(!remove(&world, bens.device_id), "not hers");
    assert!(remove(&world, phone.device_id));
    assert!(!remove(&world, phone.device_id), "removed already");
    assert!(!world.is_let_in(&phone) && world.is_let_in(&desk) && world.is_let_in(&bens));
    let left = world.store().signed_in_devices("ann", None, 10).unwrap();
    assert_eq!(
        left.iter().map(|device| device.id).collect::<Vec<_>>(),
        [desk.device_id]
    );
}

#[test]
fn tidying_drops_what_expired_a_day_ago_and_nothing_else() {
    let mut world = World::new();
    let tokens = world.sign_in("ann");
    world.pass(TimeDelta::days(2));
    tidy(&mut world.store(), world.now).unwrap();
    let count = |table: &str| -> i64 {
        world
            .connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!(
        (
            count("access_tokens"),
            count("authorization_codes"),
            count("refresh_tokens")
        ),
        (0, 0, 1)
    );
    assert!(world.refresh(tokens.refresh.reveal()).is_ok());
}

#[test]
fn passwords() {
    let mut world = World::new();
    let hash = password::hash(&mut world.rng, "correct horse").unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    let ann = User {
        password_hash: hash,
        ..user("ann")
    };
    let locked = User {
        disabled: true,
        ..ann.clone()
    };
    let passwords = Passwords::new(&mut world.rng).unwrap();
    let table = [
        (Some(&ann), "correct horse", true),
        (Some(&ann), "Correct horse", false),
        (Some(&ann), "", false),
        (Some(&locked), "correct horse", false),
        (None, "correct horse", false),
        (None, "", false),
    ];
    for (user, password, expected) in table {
        assert_eq!(
            passwords.verify(user, password).unwrap(),
            expected,
            "{password:?}"
        );
    }
}

#[test]
fn a_password_is_checked_in_every_form_that_looks_the_same() {
    use argon2::Argon2;
    use argon2::password_hash::PasswordHasher;

    let mut world = World::new();
    let passwords = Passwords::new(&mut world.rng).unwrap();
    let (composed, decomposed) = ("caf\u{e9} au lait", "cafe\u{301} au lait");
    // As an earlier version hashed it: in the bytes that were typed.
    let earlier = |typed: &str| {
        let hash = Argon2::default().hash_password_with_salt(typed.as_bytes(), &[7; 16]);
        hash.unwrap().to_string()
    };
    let now = password::hash(&mut world.rng, decomposed).unwrap();
    for password_hash in [now, earlier(composed), earlier(decomposed)] {
        let ann = User {
            password_hash,
            ..user("ann")
        };
        for typed in [composed, decomposed] {
            assert!(passwords.verify(Some(&ann), typed).unwrap(), "{typed:?}");
        }
        assert!(!passwords.verify(Some(&ann), "cafe au lait").unwrap());
    }
}

#[test]
fn one_rule_says_what_a_password_may_be() {
    let longest = "x".repeat(password::LONGEST);
    let table = [
        ("seven77", false),
        ("eight888", true),
        // Seven characters, of which one is typed as two.
        ("eight8e\u{301}", false),
        ("\u{1F600}\u{1F600}", false),
        (longest.as_str(), true),
        (&format!("{longest}x"), false),
        ("", false),
    ];
    for (password, expected) in table {
        assert_eq!(password::is_acceptable(password), expected, "{password:?}");
    }
    let mut world = World::new();
    let passwords = Passwords::new(&mut world.rng).unwrap();
    let too_long = format!("{longest}x");
    let ann = User {
        password_hash: password::hash(&mut world.rng, &too_long).unwrap(),
        ..user("ann")
    };
    assert!(
        !passwords.verify(Some(&ann), &too_long).unwrap(),
        "nothing so long is worth the work"
    );
}

#[test]
fn demo_accounts_work_in_a_demo_only() {
    let mut world = World::new();
    let now = world.now;
    demo::open(
        &mut SqliteTransaction::new(&world.connection),
        &mut world.rng,
        now,
    )
    .unwrap();
    let tokens = world.sign_in("technician");
    assert!(world.is_let_in(&tokens));
    demo::close(&mut world.store(), now).unwrap();
    assert!(!world.is_let_in(&tokens), "an open session ends with the demo");
    let anns = world.sign_in("ann");
    assert!(world.is_let_in(&anns), "other accounts are not touched");
}
