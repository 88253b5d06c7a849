//! What is inside a sealed value: bytes, compressed where that makes them fewer.
//!
//! One byte tells which: 0 for the bytes as they are, 1 for their length (u32, little endian) and an LZ4 block.

use lz4_flex::block::{compress_prepend_size, decompress, uncompressed_size};

use crate::Malformed;

const PLAIN: u8 = 0;
const LZ4: u8 = 1;

/// Below this many bytes compressing does not pay.
const WORTH_COMPRESSING: usize = 512;

/// How many bytes a byte of an LZ4 block can stand for at the most.
const MOST: usize = 255;

/// The bytes as they are sealed.
pub fn pack(bytes: &[u8]) -> Vec<u8> {
    if bytes.len() >= WORTH_COMPRESSING {
        let mut packed = compress_prepend_size(bytes);
        if packed.len() < bytes.len() {
            packed.insert(0, LZ4);
            return packed;
        }
    }
    let mut plain = Vec::with_capacity(bytes.len() + 1);
    plain.push(PLAIN);
    plain.extend_from_slice(bytes);
    plain
}

/// The bytes that were packed.
///
/// # Errors
/// If they were not packed so.
pub fn unpack(mut packed: Vec<u8>) -> Result<Vec<u8>, Malformed> {
    match packed.split_first() {
        Some((&PLAIN, _)) => {
            packed.remove(0);
            Ok(packed)
        }
        Some((&LZ4, block)) => {
            let (length, block) = uncompressed_size(block).map_err(|_| Malformed)?;
            if length > block.len().saturating_mul(MOST) {
                return Err(Malformed);
            }
            decompress(block, length).map_err(|_| Malformed)
        }
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{pack, unpack};

    proptest! {
        #[test]
        fn what_was_packed_comes_out_as_it_was(piece in prop::collection::vec(any::<u8>(), 0..200), times in 0..30_usize) {
            let bytes = piece.repeat(times);
            let packed = pack(&bytes);
            prop_assert!(packed.len() <= bytes.len() + 1);
            prop_assert_eq!(unpack(packed), Ok(bytes));
        }

        #[test]
        fn any_bytes_are_unpacked_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = unpack(bytes);
        }
    }
}
