//! A hostile device: it owns a valid session and builds raw requests, without the engine.
//!
//! [`attack`] is one pure generator: what it sends next follows from its random numbers and from what it
//! [knows](Knowledge). The simulator hands its requests to the server in the same process; the load test of the server
//! sends the same ones over HTTP. Nothing here knows how the server is built.
//!
//! Every text that it makes up carries a mark of its own (`m000042x`), so that no check takes it for a word of anybody
//! else.

mod claims;
mod cursors;
pub(crate) mod device;
mod impersonation;
mod knowledge;
mod malformed;
mod operations;
mod queries;
pub(crate) mod rest;
mod values;

use holdfast_core::pack::Packs;

pub use knowledge::{Foreign, Knowledge, Seen};

use crate::rng::Seeded;

/// Earlier requests that it keeps, to send them again.
const KEPT: usize = 16;

/// The method of a raw request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
    Patch,
    Delete,
}

/// Which endpoints it attacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those of sync.
    Sync,
    /// All that take a device's token.
    Api,
}

/// One raw request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attack {
    /// What it tries, for the story.
    pub name: &'static str,
    pub verb: Verb,
    /// Path and query, from the server's root.
    pub path: String,
    /// The body's text as it is sent, under `application/json`.
    pub body: Option<String>,
    /// By name, in small letters.
    pub headers: Vec<(&'static str, String)>,
}

impl Attack {
    fn get(name: &'static str, path: String) -> Self {
        Self {
            name,
            verb: Verb::Get,
            path,
            body: None,
            headers: Vec::new(),
        }
    }

    fn push(name: &'static str, body: String) -> Self {
        Self {
            name,
            verb: Verb::Post,
            path: "/api/v1/sync/push".to_owned(),
            body: Some(body),
            headers: Vec::new(),
        }
    }
}

/// What it sends next.
pub fn attack(rng: &Seeded, packs: &Packs, known: &mut Knowledge, reach: Reach) -> Attack {
    let attack = choose(rng, packs, known, reach);
    if known.sent.len() >= KEPT {
        known.sent.remove(0);
    }
    known.sent.push(attack.clone());
    attack
}

fn choose(rng: &Seeded, packs: &Packs, known: &mut Knowledge, reach: Reach) -> Attack {
    // Whoever knows nothing looks around first.
    if known.cursors.is_empty() {
        return queries::look_around(rng, known);
    }
    if reach == Reach::Api && rng.chance(250) {
        return rest::request(rng, packs, known);
    }
    match rng.below(100) {
        0..50 => operations::push(rng, packs, known),
        50..62 => queries::forged_delta(rng, packs, known),
        62..72 => queries::look_around(rng, known),
        72..79 => queries::guessed_records(rng, packs, known),
        79..84 => queries::digest(rng, known),
        84..93 => again(rng, known),
        _ => malformed::request(rng, packs, known),
    }
}

/// An earlier request once more; of a batch, sometimes its operations in another order.
fn again(rng: &Seeded, known: &Knowledge) -> Attack {
    let Some(mut earlier) = rng.pick(&known.sent).cloned() else {
        return queries::look_around(rng, known);
    };
    earlier.name = "a replay";
    let batch = earlier.body.as_deref().filter(|_| rng.chance(400));
    let Some(mut batch) = batch.and_then(|body| serde_json::from_str::<serde_json::Value>(body).ok()) else {
        return earlier;
    };
    if let Some(operations) = batch["operations"].as_array_mut() {
        operations.reverse();
        earlier.name = "a replay in another order";
        earlier.body = Some(batch.to_string());
    }
    earlier
}

#[cfg(test)]
mod tests;
