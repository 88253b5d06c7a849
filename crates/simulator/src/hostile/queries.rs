//! Questions: with forged cursors, for guessed ids, and the plain ones by which it learns.

use holdfast_core::pack::Packs;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Attack, Knowledge, claims::guessed_id, cursors};
use crate::rng::Seeded;

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Pulls as a device does, or begins anew.
pub fn look_around(rng: &Seeded, known: &Knowledge) -> Attack {
    let since = known.cursors.last().filter(|_| rng.chance(500));
    let since = since.map_or(String::new(), |cursor| format!("&since={}", encoded(cursor)));
    Attack::get("a pull", format!("/api/v1/sync/delta?limit=200{since}"))
}

pub fn forged_delta(rng: &Seeded, packs: &Packs, known: &Knowledge) -> Attack {
    let since = cursors::forged(rng, known).unwrap_or_default();
    let mut path = format!("/api/v1/sync/delta?since={}", encoded(&since));
    if rng.chance(200) {
        let receipt = cursors::forged(rng, known).unwrap_or_default();
        path.push_str(&format!("&receipt={}", encoded(&receipt)));
    }
    if rng.chance(150) {
        let plurals: Vec<&str> = packs
            .entities()
            .map(|(_, entity)| entity.plural.as_str())
            .collect();
        let entities = rng.pick(&plurals).copied().unwrap_or_default();
        path.push_str(&format!("&entities={entities},{entities}"));
    }
    if rng.chance(150) {
        let limits = ["0", "-1", "2001", "18446744073709551616", "1"];
        let limit = rng.pick(&limits).copied().unwrap_or_default();
        path.push_str(&format!("&limit={limit}"));
    }
    Attack::get("a forged cursor", path)
}

pub fn guessed_records(rng: &Seeded, packs: &Packs, known: &Knowledge) -> Attack {
    let all: Vec<_> = packs.entities().map(|(_, entity)| entity).collect();
    let Some(entity) = rng.pick(&all) else {
        return look_around(rng, known);
    };
    let ids = (0..rng.between(1, 12)).map(|_| guessed_id(rng, &entity.id_prefix, &known.foreign));
    let ids: Vec<String> = ids.map(|id| encoded(&id)).collect();
    let path = format!(
        "/api/v1/sync/records?entity={}&ids={}",
        entity.plural,
        ids.join(",")
    );
    Attack::get("guessed ids", path)
}

pub fn digest(rng: &Seeded, known: &Knowledge) -> Attack {
    let since = cursors::forged(rng, known).unwrap_or_default();
    let path = format!("/api/v1/sync/digest?versions=true&since={}", encoded(&since));
    Attack::get("a digest", path)
}
