use holdfast_core::store::Revision;
use wasm_bindgen::JsValue;

use crate::scope::{object, property};

/// The current revision, and the mark of the commit that made it.
pub(super) struct Head {
    pub revision: Revision,
    pub commit: String,
}

impl Head {
    pub(super) fn read(stored: &JsValue) -> Self {
        Self {
            revision: property(stored, "revision").as_f64().unwrap_or_default() as Revision,
            commit: property(stored, "commit").as_string().unwrap_or_default(),
        }
    }

    pub(super) fn stored(&self) -> JsValue {
        object(&[
            ("revision", number(self.revision)),
            ("commit", self.commit.as_str().into()),
        ])
        .into()
    }
}

/// Revisions stay far below 2⁵³.
pub(super) fn number(revision: Revision) -> JsValue {
    JsValue::from_f64(revision as f64)
}
