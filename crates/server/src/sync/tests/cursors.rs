//! Which cursors are believed, and which begin an epoch.

use holdfast_core::protocol::{Cursor, ErrorCode};
use serde_json::json;

use super::{World, create, local, on_both};
use crate::records::{epoch, starts};
use crate::storage::memory::MemoryStorage;
use crate::storage::port::Storage;
use crate::sync::{Caller, Refusal, cursors, push};

on_both!(
    a_forged_cursor_concerns_nobody_else,
    a_cursor_belongs_to_its_device,
    a_cursor_of_the_first_form_is_honoured_once,
    a_cursor_of_an_earlier_start_is_still_good,
);

/// What a refused cursor means to its device: `None` if it is good.
pub(super) fn verdict<T>(answer: Result<T, Refusal>) -> Option<(u16, ErrorCode, Option<bool>)> {
    let refusal = answer.err()?;
    Some((refusal.status, refusal.error.code, refusal.offer_again))
}

pub(super) const RESCAN: Option<(u16, ErrorCode, Option<bool>)> = Some((410, ErrorCode::Gone, Some(false)));
pub(super) const LOST: Option<(u16, ErrorCode, Option<bool>)> = Some((410, ErrorCode::Gone, Some(true)));

pub(super) fn epoch_of<S: Storage>(world: &World<S>) -> String {
    world.act(&world.tara(), |tx, cx| epoch::current(tx, cx.rng))
}

pub(super) fn push_with<S: Storage>(
    world: &World<S>,
    caller: &Caller,
    cursor: &str,
) -> Option<(u16, ErrorCode, Option<bool>)> {
    let request = holdfast_core::protocol::PushRequest {
        device_id: caller.device_id.clone(),
        pack_versions: world.packs.versions(),
        cursor: Some(cursor.to_owned()),
        receipt: None,
        by_position: false,
        stamps: false,
        operations: Vec::new(),
    };
    verdict(world.act(caller, |tx, cx| push::push(tx, cx, &request)))
}

/// Everything that a device can change about a cursor of its own.
fn forgeries(good: &Cursor) -> Vec<Cursor> {
    let unsigned = Cursor {
        start: String::new(),
        mac: String::new(),
        ..good.clone()
    };
    let flip = |mac: &str| match mac.starts_with('A') {
        true => format!("B{}", &mac[1..]),
        false => format!("A{}", &mac[1..]),
    };
    vec![
        Cursor {
            sequence: good.sequence + 1,
            ..good.clone()
        },
        Cursor {
            sequence: u64::MAX,
            ..good.clone()
        },
        Cursor {
            transaction: 7,
            ..good.clone()
        },
        Cursor {
            answer: good.answer + 1,
            ..good.clone()
        },
        Cursor {
            epoch: "another".into(),
            ..good.clone()
        },
        Cursor {
            start: "another".into(),
            ..good.clone()
        },
        Cursor {
            scan: Some("9/9/order/WO-1".into()),
            ..good.clone()
        },
        Cursor {
            mac: flip(&good.mac),
            ..good.clone()
        },
        Cursor {
            mac: good.mac[..good.mac.len() - 1].to_owned(),
            ..good.clone()
        },
        Cursor {
            mac: "%".into(),
            ..good.clone()
        },
        Cursor {
            sequence: good.sequence + 1_000_000,
            ..unsigned.clone()
        },
        Cursor {
            epoch: "another".into(),
            ..unsigned.clone()
        },
        Cursor {
            scan: Some("1000000/9/order/WO-1".into()),
            ..unsigned.clone()
        },
    ]
}

fn a_forged_cursor_concerns_nobody_else(world: World<impl Storage>) {
    let (tara, jonas) = (world.tara(), world.jonas());
    let own: Cursor = world.pull(&tara, None, 100).unwrap().cursor.parse().unwrap();
    let honest = world.pull(&jonas, None, 100).unwrap().cursor;
    let before = epoch_of(&world);
    for forged in forgeries(&own) {
        let text = forged.to_string();
        assert_eq!(verdict(world.pull(&tara, Some(&text), 100)), RESCAN, "{text}");
        assert_eq!(push_with(&world, &tara, &text), RESCAN, "{text}");
        assert_eq!(epoch_of(&world), before, "{text}");
    }
    assert_eq!(verdict(world.pull(&jonas, Some(&honest), 100)), None);
    let made = world.push_one(&tara, create("k", "l", json!({ "title": "Leak" })));
    assert_eq!(made.entity_id.as_deref(), Some("WO-000001"), "no id was skipped");
}

fn a_cursor_belongs_to_its_device(world: World<impl Storage>) {
    let (tara, jonas) = (world.tara(), world.jonas());
    let of_jonas = world.pull(&jonas, None, 100).unwrap().cursor;
    assert_eq!(verdict(world.pull(&tara, Some(&of_jonas), 100)), RESCAN);
    assert_eq!(push_with(&world, &tara, &of_jonas), RESCAN);
    assert_eq!(verdict(world.pull(&jonas, Some(&of_jonas), 100)), None);
}

/// What a server of before issued is known by the answers it gave.
fn a_cursor_of_the_first_form_is_honoured_once(world: World<impl Storage>) {
    let tara = world.tara();
    let signed: Cursor = world.pull(&tara, None, 100).unwrap().cursor.parse().unwrap();
    let unsigned = Cursor {
        start: String::new(),
        mac: String::new(),
        ..signed.clone()
    };
    world.write(|tx| {
        let dialogues = tx.dialogues(&tara.device_id)?;
        for (set, text) in dialogues {
            let before = text.replace(&signed.to_string(), &unsigned.to_string());
            tx.put_dialogue(&tara.device_id, &set, &before)?;
        }
        Ok(())
    });
    let next = world
        .pull(&tara, Some(&unsigned.to_string()), 100)
        .unwrap()
        .cursor;
    assert!(next.starts_with("v2."), "{next}");
    assert_eq!(verdict(world.pull(&tara, Some(&next), 100)), None);
    assert_eq!(
        verdict(world.pull(&tara, Some(&unsigned.to_string()), 100)),
        RESCAN
    );
}

fn a_cursor_of_an_earlier_start_is_still_good(world: World<impl Storage>) {
    let tara = world.tara();
    let cursor = world.pull(&tara, None, 100).unwrap().cursor;
    for _ in 0..3 {
        world.act(&tara, |tx, cx| starts::begin(tx, cx.rng));
        world.push_one(
            &world.samir(),
            create(&local("x"), &local("y"), json!({ "title": "Leak" })),
        );
    }
    let before = epoch_of(&world);
    assert_eq!(push_with(&world, &tara, &cursor), None);
    assert_eq!(verdict(world.pull(&tara, Some(&cursor), 100)), None);
    assert_eq!(epoch_of(&world), before);
}

#[test]
fn a_cursor_is_no_longer_than_it_needs_to_be() {
    let world = World::new(MemoryStorage::default());
    let cursor = world.pull(&world.tara(), None, 100).unwrap().cursor;
    assert!(cursor.len() < 80, "{cursor}");
    let key = world.write(|tx| tx.meta("cursorKey")).unwrap();
    assert_eq!(key.len(), 43, "256 bits in base64url");
    let signed = world.act(&world.tara(), |tx, cx| {
        cursors::issue(tx, cx.rng, "tara-phone", cursor.parse().unwrap())
    });
    assert_eq!(signed.to_string(), cursor, "the same cursor has the same text");
}
