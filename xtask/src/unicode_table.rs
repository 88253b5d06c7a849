//! What Unicode says of decompositions, in the few bytes that `holdfast_core::text` carries.
//!
//! Two sections follow each other. Numbers are varints (LEB128); *signed* ones are zigzag-coded.
//!
//! 1. The number of decompositions; for each, by code point: the distance from the one before, twice its length (plus one
//!    if it is a compatibility decomposition), and its characters, each as a signed distance from the character at its
//!    place in the entry before. Hangul syllables are computed and have no entry.
//! 2. The number of runs of combining classes; for each: the distance from the end of the run before, its length, its class.

use unicode_normalization::char::{canonical_combining_class, decompose_canonical, decompose_compatible};

/// The Unicode version of the table.
pub const VERSION: (u8, u8, u8) = unicode_normalization::UNICODE_VERSION;

const HANGUL: std::ops::RangeInclusive<u32> = 0xac00..=0xd7a3;

/// Both sections.
pub fn table() -> Vec<u8> {
    let mut table = decompositions();
    table.extend(classes());
    table
}

fn characters() -> impl Iterator<Item = char> {
    ('\u{80}'..=char::MAX).filter(|c| !HANGUL.contains(&u32::from(*c)))
}

fn decompositions() -> Vec<u8> {
    let mut out = Vec::new();
    let (mut count, mut last) = (0, 0);
    let mut before: Vec<u32> = Vec::new();
    for c in characters() {
        let (mut canonical, mut compatible) = (Vec::new(), Vec::new());
        decompose_canonical(c, |part| canonical.push(u32::from(part)));
        decompose_compatible(c, |part| compatible.push(u32::from(part)));
        let (parts, kind) = match (canonical == [u32::from(c)], compatible == [u32::from(c)]) {
            (true, true) => continue,
            (true, false) => (compatible, 1),
            (false, _) => (canonical, 0),
        };
        count += 1;
        varint(&mut out, u32::from(c) - last);
        last = u32::from(c);
        varint(&mut out, parts.len() as u32 * 2 + kind);
        for (place, part) in parts.iter().enumerate() {
            signed(
                &mut out,
                i64::from(*part) - i64::from(before.get(place).copied().unwrap_or_default()),
            );
        }
        before = parts;
    }
    with_count(count, out)
}

fn classes() -> Vec<u8> {
    let mut runs: Vec<(u32, u32, u8)> = Vec::new();
    for c in characters() {
        let class = canonical_combining_class(c);
        match runs.last_mut() {
            _ if class == 0 => {}
            Some((start, length, same)) if *same == class && *start + *length == u32::from(c) => *length += 1,
            _ => runs.push((u32::from(c), 1, class)),
        }
    }
    let mut out = Vec::new();
    let mut end = 0;
    for (start, length, class) in &runs {
        varint(&mut out, start - end);
        varint(&mut out, *length);
        out.push(*class);
        end = start + length;
    }
    with_count(runs.len() as u32, out)
}

fn with_count(count: u32, entries: Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    varint(&mut out, count);
    out.extend(entries);
    out
}

fn signed(out: &mut Vec<u8>, number: i64) {
    varint(out, ((number << 1) ^ (number >> 63)) as u32);
}

fn varint(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
