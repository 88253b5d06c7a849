//! The global object, of a window or of a worker: what both have.

use holdfast_core::json::{self, FromJson};
use js_sys::{Array, JSON, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, prelude::*};
use web_sys::{Crypto, EventTarget, IdbFactory, Request, StorageManager};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = EventTarget)]
    pub type Scope;
    #[wasm_bindgen(method, getter)]
    pub fn crypto(this: &Scope) -> Crypto;
    #[wasm_bindgen(method, getter, js_name = indexedDB)]
    pub fn indexed_db(this: &Scope) -> IdbFactory;
    #[wasm_bindgen(method, getter)]
    pub fn performance(this: &Scope) -> Performance;
    #[wasm_bindgen(method, getter)]
    pub fn navigator(this: &Scope) -> Navigator;
    #[wasm_bindgen(method, catch, js_name = fetch)]
    pub fn fetch(this: &Scope, request: &Request) -> Result<Promise, JsValue>;

    pub type Performance;
    #[wasm_bindgen(method)]
    pub fn now(this: &Performance) -> f64;

    pub type Navigator;
    #[wasm_bindgen(method, getter, js_name = onLine)]
    pub fn on_line(this: &Navigator) -> Option<bool>;
    #[wasm_bindgen(method, getter)]
    pub fn storage(this: &Navigator) -> Option<StorageManager>;
}

pub fn scope() -> Scope {
    js_sys::global().unchecked_into()
}

/// A plain object with these properties.
pub fn object(properties: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in properties {
        // Setting a property of a fresh plain object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object
}

/// An array of these strings.
pub fn strings(items: &[&str]) -> JsValue {
    items
        .iter()
        .map(|item| JsValue::from_str(item))
        .collect::<Array>()
        .into()
}

/// The property of a value that may be anything; `undefined` if there is none.
pub fn property(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// A plain value as what it stands for; `None` if it does not.
pub fn from_js<T: FromJson>(value: &JsValue) -> Option<T> {
    let text = String::from(JSON::stringify(value).ok()?);
    json::from_slice(text.as_bytes()).ok()
}

/// What a thrown value says for itself.
pub fn describe(thrown: &JsValue) -> String {
    let text = |name| property(thrown, name).as_string();
    match (text("name"), text("message")) {
        (Some(name), Some(message)) => format!("{name}: {message}"),
        _ => thrown.as_string().unwrap_or_else(|| format!("{thrown:?}")),
    }
}
