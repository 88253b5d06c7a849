//! How safe what is stored here is, and how much room there is.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use crate::scope::{property, scope};

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct StorageHealth {
    /// The browser promised not to evict it; otherwise it may, when space runs short.
    pub persistent: bool,
    /// Bytes used by this origin, and bytes it may use in all; `None` where the browser does not say.
    pub used: Option<f64>,
    pub quota: Option<f64>,
}

impl StorageHealth {
    pub async fn now() -> Self {
        let Some(storage) = scope().navigator().storage() else {
            return Self::default();
        };
        let estimate = settled(storage.estimate()).await;
        Self {
            persistent: settled(storage.persisted()).await.is_truthy(),
            used: property(&estimate, "usage").as_f64(),
            quota: property(&estimate, "quota").as_f64(),
        }
    }

    /// Asks the browser to keep what is stored. It may say no. It may ask the person
    /// first, and then answers when they do, if ever.
    pub async fn ask_to_persist() -> bool {
        match scope().navigator().storage() {
            Some(storage) => settled(storage.persist()).await.is_truthy(),
            None => false,
        }
    }
}

async fn settled(promise: Result<Promise, JsValue>) -> JsValue {
    match promise {
        Ok(promise) => JsFuture::from(promise).await.unwrap_or(JsValue::UNDEFINED),
        Err(_) => JsValue::UNDEFINED,
    }
}
