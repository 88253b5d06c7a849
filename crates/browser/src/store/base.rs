//! The base in pieces: each stays small enough for the browser to keep it among the others.

use holdfast_codec::frame;

use super::{schema::BASE, sealed::Plain};
use crate::seal::Purpose;

/// Bytes of a piece, before it is sealed.
const PIECE: usize = 60_000;

/// Pieces are numbered by the fold they belong to, so that one of another fold is noticed.
const PIECES_PER_FOLD: u64 = 4_096;

/// The pieces of a base's text, which is packed before it is cut.
pub(super) fn pieces(revision: u64, content: &[u8]) -> Vec<Plain> {
    let packed = frame::pack(content);
    let piece = |(at, content): (usize, &[u8])| Plain {
        store: BASE,
        purpose: Purpose::Base,
        key: revision * PIECES_PER_FOLD + at as u64,
        content: content.to_vec(),
    };
    packed.chunks(PIECE).enumerate().map(piece).collect()
}

/// The revision and the text of a base out of its pieces; `None` if one is missing or of another fold.
pub(super) fn joined(pieces: Vec<(u64, Option<Vec<u8>>)>) -> Option<(u64, Vec<u8>)> {
    let first = pieces.first()?.0;
    if first % PIECES_PER_FOLD != 0 {
        return None;
    }
    let mut packed = Vec::new();
    for (place, (key, content)) in pieces.into_iter().enumerate() {
        if key != first + place as u64 {
            return None;
        }
        packed.extend(content?);
    }
    Some((first / PIECES_PER_FOLD, frame::unpack(packed).ok()?))
}
