//! Forged cursors: one of its own or of others, with one part changed.

use holdfast_core::protocol::Cursor;

use super::Knowledge;
use crate::rng::Seeded;

/// Positions that no log of a simulated server reaches.
const FAR: u64 = 1_000_000;

/// A cursor to present; mostly one that was never issued to this device.
pub fn forged(rng: &Seeded, known: &Knowledge) -> Option<String> {
    let foreign = [known.foreign.cursors.as_slice(), &known.foreign.receipts].concat();
    let text = match rng.pick(&foreign) {
        Some(text) if rng.chance(300) => text,
        _ => rng.pick(&known.cursors)?,
    };
    if rng.chance(150) {
        return Some(text.clone());
    }
    let Ok(cursor) = text.parse::<Cursor>() else {
        return Some(text.clone());
    };
    Some(changed(rng, cursor))
}

fn changed(rng: &Seeded, mut cursor: Cursor) -> String {
    match rng.below(14) {
        0 => cursor.sequence += rng.between(1, 9),
        1 | 2 => cursor.sequence += FAR + rng.below(FAR),
        3 => cursor.sequence = u64::MAX,
        4 => cursor.sequence = cursor.sequence.saturating_sub(rng.between(1, 20)),
        5 => cursor.transaction = rng.between(1, u64::MAX - 1),
        6 => cursor.answer += rng.between(1, 3),
        7 => cursor.epoch = format!("{:012x}", rng.below(1 << 48)),
        8 => cursor.start = format!("{:012x}", rng.below(1 << 48)),
        9 => cursor.scan = Some(format!("{}/1/job/J-000001", FAR)),
        10 => cursor.mac = other_mac(rng, &cursor.mac),
        11 => {
            // The first form proves nothing: ahead of the log, or of an epoch that never was.
            cursor = unsigned(cursor);
            cursor.sequence += rng.between(1, FAR);
        }
        12 => {
            cursor = unsigned(cursor);
            cursor.epoch = format!("{:012x}", rng.below(1 << 48));
        }
        _ => return garbage(rng),
    }
    cursor.to_string()
}

fn unsigned(cursor: Cursor) -> Cursor {
    Cursor {
        start: String::new(),
        mac: String::new(),
        ..cursor
    }
}

fn other_mac(rng: &Seeded, mac: &str) -> String {
    match rng.below(4) {
        0 => mac.chars().rev().collect(),
        1 => mac.chars().take(mac.len().saturating_sub(1)).collect(),
        2 => "A".repeat(22),
        _ => format!("{mac}A"),
    }
}

fn garbage(rng: &Seeded) -> String {
    const TEXTS: [&str; 8] = [
        "v1",
        "v2.e.s.set.1-1",
        "v3.e.s.set.1-1.mac",
        "v2.e.s.set.-1-1.mac",
        "v2.e.s.set.18446744073709551616-1.mac",
        "2026-01-01T00:00:00Z",
        "0",
        "null",
    ];
    rng.pick(&TEXTS).copied().unwrap_or_default().to_owned()
}
