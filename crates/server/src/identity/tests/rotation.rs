//! Every row of the rotation table, as sequences of presented tokens.

use chrono::TimeDelta;

use super::*;
use crate::identity::grant::SETTLING;

/// Presents tokens by name, in order, and notes each answer. The session starts with token `a`; a step `("a", "b")`
/// presents `a` and calls the child that comes back `b`.
fn walk(steps: &[(&str, &str)]) -> Vec<Result<(), Refusal>> {
    let mut world = World::new();
    let first = world.sign_in("ann").refresh.reveal().to_owned();
    let mut named = vec![("a".to_owned(), first)];
    let mut answers = Vec::new();
    for (presented, child) in steps {
        let token = named
            .iter()
            .find(|(name, _)| name == presented)
            .unwrap()
            .1
            .clone();
        world.pass(TimeDelta::minutes(2));
        let answer = world.refresh(&token);
        if let Ok(tokens) = &answer {
            named.push(((*child).to_owned(), tokens.refresh.reveal().to_owned()));
        }
        answers.push(answer.map(drop));
    }
    answers
}

#[test]
fn sequences_of_presented_tokens() {
    const FINE: Result<(), Refusal> = Ok(());
    const REUSED: Result<(), Refusal> = Err(Refusal::TokenReused);
    const REVOKED: Result<(), Refusal> = Err(Refusal::SessionRevoked);
    type Row = (
        &'static str,
        &'static [(&'static str, &'static str)],
        &'static [Result<(), Refusal>],
    );
    let table: &[Row] = &[
        (
            "each answer arrives",
            &[("a", "b"), ("b", "c"), ("c", "d")],
            &[FINE, FINE, FINE],
        ),
        (
            "one answer is lost",
            &[("a", "b"), ("a", "c"), ("c", "d")],
            &[FINE, FINE, FINE],
        ),
        (
            "several answers are lost",
            &[("a", "b"), ("a", "c"), ("a", "d"), ("d", "e")],
            &[FINE; 4],
        ),
        (
            "the answer thought lost arrives late",
            &[("a", "b"), ("a", "c"), ("b", "d"), ("d", "e")],
            &[FINE; 4],
        ),
        (
            "an answer is lost after a rotation",
            &[("a", "b"), ("b", "c"), ("b", "d"), ("d", "e")],
            &[FINE; 4],
        ),
        (
            "a stolen parent is used after its child",
            &[("a", "b"), ("b", "c"), ("a", "x"), ("c", "d")],
            &[FINE, FINE, REUSED, REVOKED],
        ),
        (
            "a thief rotates first and the owner comes later",
            &[("a", "x"), ("x", "y"), ("a", "b"), ("y", "z")],
            &[FINE, FINE, REUSED, REVOKED],
        ),
        (
            "owner and thief rotate side by side",
            &[("a", "b"), ("a", "x"), ("b", "c"), ("x", "y"), ("c", "d")],
            &[FINE, FINE, FINE, REUSED, REVOKED],
        ),
        (
            "a grandparent",
            &[("a", "b"), ("b", "c"), ("c", "d"), ("a", "x")],
            &[FINE, FINE, FINE, REUSED],
        ),
    ];
    for (name, steps, expected) in table {
        assert_eq!(walk(steps), *expected, "{name}");
    }
}

#[test]
fn a_browser_that_was_killed_before_its_cookies_reached_the_disk_is_no_thief() {
    let mut world = World::new();
    let on_disk = world.sign_in("ann");
    let page = world.refresh(on_disk.refresh.reveal()).unwrap();
    let worker = world.refresh(page.refresh.reveal()).unwrap();
    world.refresh(worker.refresh.reveal()).unwrap();
    world.pass(TimeDelta::seconds(50));
    assert!(world.refresh(on_disk.refresh.reveal()).is_ok());
}

/// Two contexts refresh at once, and the answer to one of them is so slow that the other refreshes again before it
/// arrives: the cookie that the browser is left with is the slow one's.
#[test]
fn a_cookie_that_others_overtook_on_its_way_is_not_stolen() {
    for further in 0..4 {
        let mut world = World::new();
        let first = world.sign_in("ann");
        world.pass(TimeDelta::hours(1));
        let slow = world.refresh(first.refresh.reveal()).unwrap();
        let mut quick = world.refresh(first.refresh.reveal()).unwrap();
        for _ in 0..further {
            world.pass(TimeDelta::seconds(10));
            quick = world.refresh(quick.refresh.reveal()).unwrap();
        }
        world.pass(TimeDelta::days(3));
        let next = world.refresh(slow.refresh.reveal()).unwrap();
        world.pass(TimeDelta::days(3));
        assert!(world.refresh(next.refresh.reveal()).is_ok(), "{further}");
    }
}

#[test]
fn a_used_token_is_reused_even_if_all_was_refreshed_within_a_minute() {
    let mut world = World::new();
    let first = world.sign_in("ann");
    let second = world.refresh(first.refresh.reveal()).unwrap();
    let third = world.refresh(second.refresh.reveal()).unwrap();
    world.refresh(third.refresh.reveal()).unwrap();
    world.pass(TimeDelta::days(3));
    assert_eq!(
        world.refresh(first.refresh.reveal()).unwrap_err(),
        Refusal::TokenReused
    );
}

#[test]
fn a_reused_token_ends_access_at_once() {
    let mut world = World::new();
    let first = world.sign_in("ann");
    let second = world.refresh(first.refresh.reveal()).unwrap();
    let third = world.refresh(second.refresh.reveal()).unwrap();
    assert!(world.is_let_in(&third));
    world.pass(SETTLING);
    assert_eq!(
        world.refresh(first.refresh.reveal()).unwrap_err(),
        Refusal::TokenReused
    );
    assert!(!world.is_let_in(&third));
}

#[test]
fn a_refresh_token_slides_and_expires() {
    let mut world = World::new();
    let first = world.sign_in("ann");
    world.pass(TimeDelta::days(29));
    let second = world.refresh(first.refresh.reveal()).unwrap();
    world.pass(TimeDelta::days(29));
    let third = world.refresh(second.refresh.reveal()).unwrap();
    world.pass(TimeDelta::days(30));
    assert_eq!(
        world.refresh(third.refresh.reveal()).unwrap_err(),
        Refusal::TokenExpired
    );
}

#[test]
fn strangers_and_disabled_accounts_are_refused() {
    let mut world = World::new();
    let tokens = world.sign_in("ann");
    assert_eq!(world.refresh("made up").unwrap_err(), Refusal::UnknownToken);
    let disabled = User {
        disabled: true,
        ..user("ann")
    };
    world.store().save_user(&disabled).unwrap();
    assert_eq!(
        world.refresh(tokens.refresh.reveal()).unwrap_err(),
        Refusal::UserDisabled
    );
    world.store().save_user(&user("ann")).unwrap();
    assert!(
        world.refresh(tokens.refresh.reveal()).is_ok(),
        "the refusal revoked nothing"
    );
}

#[test]
fn one_session_s_theft_leaves_the_others_alone() {
    let mut world = World::new();
    let (phone, desk) = (world.sign_in("ann"), world.sign_in("ann"));
    let next = world.refresh(phone.refresh.reveal()).unwrap();
    world.refresh(next.refresh.reveal()).unwrap();
    world.pass(SETTLING);
    assert_eq!(
        world.refresh(phone.refresh.reveal()).unwrap_err(),
        Refusal::TokenReused
    );
    assert!(world.refresh(desk.refresh.reveal()).is_ok());
}

#[test]
fn contact_is_noted_on_the_device() {
    let mut world = World::new();
    let tokens = world.sign_in("ann");
    let signed_in_at = world.now;
    world.pass(TimeDelta::days(3));
    let next = world.refresh(tokens.refresh.reveal()).unwrap();
    assert_eq!(next.device_last_seen_at, Some(signed_in_at));
    let device = world.store().device(tokens.device_id).unwrap().unwrap();
    assert_eq!(
        (device.first_seen_at, device.last_seen_at),
        (signed_in_at, world.now)
    );
}
