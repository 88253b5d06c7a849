//! Authorization codes: one try each; and which device a sign-in belongs to.

use chrono::TimeDelta;
use uuid::Uuid;

use super::*;

#[test]
fn a_code_is_refused_for_each_fault_and_then_spent() {
    type Row = (&'static str, fn(&mut CodeExchange), Refusal);
    let table: &[Row] = &[
        (
            "another verifier",
            |e| e.code_verifier = "guessed".to_owned(),
            Refusal::WrongVerifier,
        ),
        (
            "no verifier",
            |e| e.code_verifier = String::new(),
            Refusal::WrongVerifier,
        ),
        (
            "the challenge for a verifier",
            |e| e.code_verifier = request().code_challenge,
            Refusal::WrongVerifier,
        ),
        (
            "another client",
            |e| e.client_id = "other".to_owned(),
            Refusal::WrongClient,
        ),
        (
            "another return address",
            |e| e.redirect_uri.push('/'),
            Refusal::WrongClient,
        ),
    ];
    for (name, spoil, expected) in table {
        let mut world = World::new();
        let right = exchange(world.code_for("ann"));
        let mut wrong = right.clone();
        spoil(&mut wrong);
        assert_eq!(world.exchange(&wrong).unwrap_err(), *expected, "{name}");
        assert_eq!(
            world.exchange(&right).unwrap_err(),
            Refusal::CodeReplayed,
            "{name}: the code had its try"
        );
    }
    assert_eq!(
        World::new()
            .exchange(&exchange("made up".to_owned()))
            .unwrap_err(),
        Refusal::UnknownCode
    );
}

#[test]
fn a_code_expires_after_a_minute() {
    for (age, expected) in [(59, Ok(())), (60, Err(Refusal::CodeExpired))] {
        let mut world = World::new();
        let request = exchange(world.code_for("ann"));
        world.pass(TimeDelta::seconds(age));
        assert_eq!(world.exchange(&request).map(drop), expected, "{age} s");
    }
}

#[test]
fn a_disabled_account_gets_nothing_for_its_code() {
    let mut world = World::new();
    let request = exchange(world.code_for("ann"));
    world
        .store()
        .save_user(&User {
            disabled: true,
            ..user("ann")
        })
        .unwrap();
    assert_eq!(world.exchange(&request).unwrap_err(), Refusal::UserDisabled);
}

#[test]
fn a_replayed_code_revokes_what_it_opened() {
    let mut world = World::new();
    let request = exchange(world.code_for("ann"));
    let tokens = world.exchange(&request).unwrap();
    assert!(world.is_let_in(&tokens));
    assert_eq!(world.exchange(&request).unwrap_err(), Refusal::CodeReplayed);
    assert!(!world.is_let_in(&tokens));
    assert_eq!(
        world.refresh(tokens.refresh.reveal()).unwrap_err(),
        Refusal::SessionRevoked
    );
}

/// Ann has signed in before; who signs in now, with what, and is it the same device?
#[test]
fn devices_are_recognised() {
    let unknown = Uuid::from_u128(0xabc);
    #[derive(PartialEq, Debug)]
    enum Is {
        AnnsDevice,
        TheClaimed,
        New,
    }
    struct Row(&'static str, &'static str, bool, bool, Option<Uuid>, Is);
    let table = [
        // who, claims Ann's device id, brings Ann's cookie, claims another id
        Row(
            "Ann comes back with her storage",
            "ann",
            true,
            true,
            None,
            Is::AnnsDevice,
        ),
        Row(
            "Ann comes back without her cookie",
            "ann",
            true,
            false,
            None,
            Is::AnnsDevice,
        ),
        Row(
            "Ann's storage was wiped, her cookie survived",
            "ann",
            false,
            true,
            None,
            Is::AnnsDevice,
        ),
        Row(
            "Ann's storage and cookie are gone",
            "ann",
            false,
            false,
            None,
            Is::New,
        ),
        Row("Ben uses Ann's browser", "ben", false, true, None, Is::New),
        Row("Ben claims Ann's device", "ben", true, true, None, Is::New),
        Row(
            "Ann's storage knows an id the server does not",
            "ann",
            false,
            true,
            Some(unknown),
            Is::TheClaimed,
        ),
    ];
    for Row(name, who, claims_anns, brings_cookie, claims_other, expected) in table {
        let mut world = World::new();
        let before = world.sign_in("ann");
        let request = CodeExchange {
            device_id: claims_other.or(claims_anns.then_some(before.device_id)),
            earlier_refresh: brings_cookie.then(|| before.refresh.reveal().to_owned()),
            ..exchange(world.code_for(who))
        };
        let after = world.exchange(&request).unwrap();
        let found = match after.device_id {
            id if id == before.device_id => Is::AnnsDevice,
            id if Some(id) == claims_other => Is::TheClaimed,
            _ => Is::New,
        };
        assert_eq!(found, expected, "{name}");
        let replaced = found == Is::AnnsDevice;
        assert_eq!(
            after.device_last_seen_at.is_some(),
            replaced,
            "{name}: only a known device was seen before"
        );
        assert_eq!(
            world.is_let_in(&before),
            !replaced,
            "{name}: a device holds one session"
        );
        assert!(world.is_let_in(&after), "{name}");
        assert_eq!(
            world.store().device(after.device_id).unwrap().unwrap().user_id,
            who,
            "{name}"
        );
    }
}
