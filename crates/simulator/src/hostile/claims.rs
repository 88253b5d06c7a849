//! What an operation claims: ids, keys, versions and values that belong to others or to nobody.

use holdfast_core::{Fields, ports::Rng};
use serde_json::{Value, json};

use super::{Foreign, Knowledge, Seen};
use crate::rng::Seeded;

/// Numbers of ids that a simulated server gives out soon.
pub const SOON: u64 = 30;

/// An id that somebody may have, or will have.
pub fn guessed_id(rng: &Seeded, prefix: &str, foreign: &Foreign) -> String {
    match rng.below(12) {
        0..7 => format!("{prefix}{:06}", rng.between(1, SOON)),
        7 => format!("{prefix}{:06}", rng.between(1, 64) * 10_000 + rng.below(SOON)),
        8..11 => picked(rng, &foreign.ids),
        _ => named(
            rng,
            1_000,
            &["", "x", "J-1", "J--00001", "../J-000001", "\u{202e}J-000001"],
        ),
    }
}

pub fn picked(rng: &Seeded, texts: &[String]) -> String {
    rng.pick(texts).cloned().unwrap_or_else(|| rng.uuid())
}

pub fn named(rng: &Seeded, per_mille: u64, names: &[&str]) -> String {
    let name = rng.pick(names).filter(|_| rng.chance(per_mille));
    name.copied().unwrap_or_default().to_owned()
}

/// A queue id or an idempotency key: its own, a used one, or one of another device.
pub fn key(rng: &Seeded, known: &mut Knowledge) -> String {
    match rng.pick(&known.foreign.keys) {
        Some(key) if rng.chance(250) => key.clone(),
        _ => format!("hostile-{}", known.word()),
    }
}

/// Keys that it claims to have folded into a write: those of others would be answered for them.
pub fn folded(rng: &Seeded, known: &mut Knowledge) -> Vec<String> {
    match rng.below(20) {
        0 => (0..40).map(|_| known.word()).collect(),
        1 | 2 => (0..3).map(|_| key(rng, known)).collect(),
        _ => Vec::new(),
    }
}

pub fn depends_on(rng: &Seeded, known: &Knowledge, own: &str) -> Vec<String> {
    match rng.below(20) {
        0 => vec![own.to_owned()],
        1 => vec![own.to_owned(), picked(rng, &known.foreign.keys)],
        _ => Vec::new(),
    }
}

/// The version that it claims to have worked on.
pub fn version(rng: &Seeded, target: &Seen) -> Value {
    match rng.below(12) {
        0 => json!(0),
        1 => json!(1),
        2 => json!(u64::MAX),
        3 | 4 => json!(rng.between(1, target.version.max(1))),
        _ => json!(target.version),
    }
}

/// What it claims to have seen.
pub fn base(rng: &Seeded, known: &mut Knowledge, target: &Seen) -> Option<Fields> {
    match rng.below(8) {
        0 => None,
        1 => Some(Fields::new()),
        2 | 3 => Some(
            target
                .fields
                .keys()
                .map(|name| (name.clone(), json!(known.word())))
                .collect(),
        ),
        _ => Some(target.fields.clone()),
    }
}
