//! Values sealed under a number, many at a time: WebCrypto works beside this thread, so everything is begun before
//! anything is awaited.

use holdfast_codec::frame;
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};

use crate::seal::{Keys, Opening, Purpose, SealError, Sealing};

/// A value on its way into the database: in which object store, under which key.
pub(super) struct Sealed {
    pub store: &'static str,
    pub key: u64,
    pub value: Uint8Array,
}

/// What is to be sealed.
pub(super) struct Plain {
    pub store: &'static str,
    pub purpose: Purpose,
    pub key: u64,
    pub content: Vec<u8>,
}

pub(super) async fn seal(keys: &Keys, plain: Vec<Plain>) -> Result<Vec<Sealed>, SealError> {
    let begin = |plain: Plain| {
        let packed = frame::pack(&plain.content);
        let sealing = keys.begin_seal(plain.purpose, &plain.key.to_le_bytes(), &packed);
        (plain.store, plain.key, sealing)
    };
    let begun: Vec<(&'static str, u64, Sealing)> = plain.into_iter().map(begin).collect();
    let mut sealed = Vec::with_capacity(begun.len());
    for (store, key, sealing) in begun {
        let value = sealing.sealed().await?;
        sealed.push(Sealed { store, key, value });
    }
    Ok(sealed)
}

/// A value as it was found in the database.
pub(super) struct Found {
    pub key: u64,
    pub value: JsValue,
}

/// Opens values of one purpose; `None` in the place of each that does not open.
pub(super) async fn open(keys: &Keys, purpose: Purpose, found: &[Found]) -> Vec<(u64, Option<Vec<u8>>)> {
    let begin = |found: &Found| {
        let sealed = found.value.dyn_ref::<Uint8Array>();
        let name = found.key.to_le_bytes();
        let opening = sealed.and_then(|sealed| keys.begin_open(purpose, &name, sealed).ok());
        (found.key, opening)
    };
    let begun: Vec<(u64, Option<Opening>)> = found.iter().map(begin).collect();
    let mut opened = Vec::with_capacity(begun.len());
    for (key, opening) in begun {
        let plain = match opening {
            Some(opening) => opening.plain().await.ok(),
            None => None,
        };
        opened.push((key, plain.and_then(|plain| frame::unpack(plain).ok())));
    }
    opened
}

/// A number as IndexedDB's key. All of ours stay far below 2⁵³.
pub(super) fn number(key: u64) -> JsValue {
    JsValue::from_f64(key as f64)
}
