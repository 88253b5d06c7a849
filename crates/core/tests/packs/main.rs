//! Domain packs: the ones in `domains/` as they are, and the rules of the format.
#![allow(clippy::unwrap_used, clippy::expect_used)]

// Tables keep a row to a line: their modules are left as they are written.
#[rustfmt::skip]
mod access;
#[rustfmt::skip]
mod broken;
mod declared;
mod demo;
#[rustfmt::skip]
mod kinds;
mod nist;
#[rustfmt::skip]
mod stamps;
#[rustfmt::skip]
mod validation;

use std::path::PathBuf;

use holdfast_core::{
    Fields, Timestamp,
    pack::{Pack, Packs, Viewer},
};

fn domains() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../domains")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(domains().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Every pack in `domains/`, by file name; a mapping has a second dot in its name.
fn pack_names() -> Vec<String> {
    let entries = std::fs::read_dir(domains()).unwrap();
    let files = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = files
        .filter_map(|file| Some(file.strip_suffix(".toml")?.to_owned()))
        .filter(|name| !name.contains('.'))
        .collect();
    names.sort();
    names
}

fn packs() -> Packs {
    let read = |name: &String| Pack::from_toml(name, &read(&format!("{name}.toml"))).unwrap();
    Packs::new(pack_names().iter().map(read).collect()).unwrap()
}

fn fields(value: serde_json::Value) -> Fields {
    value.as_object().expect("an object").clone()
}

fn now() -> Timestamp {
    "2026-11-21T08:00:00Z".parse().unwrap()
}

fn viewer<'a>(user_id: &'a str, roles: &'a [String], sites: &'a [String]) -> Viewer<'a> {
    Viewer {
        user_id,
        roles,
        sites,
        now: now(),
    }
}
