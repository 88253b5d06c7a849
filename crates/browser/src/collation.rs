//! The order of texts in the device's language, by the platform's `Intl.Collator`.

use std::{cmp::Ordering, rc::Rc};

use holdfast_core::{
    json,
    text::{Collation, natural},
};
use js_sys::{Array, Function, JSON, JsString, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// Numbers by value, and everything else as the language has it. In natural order where the platform has no collator.
#[derive(Debug)]
pub struct PlatformCollation {
    compare: Option<Function>,
}

impl PlatformCollation {
    /// In a language (BCP 47). One that the platform does not know becomes its own.
    pub fn new(language: Option<&str>) -> Self {
        let compare = language.and_then(|language| comparison(&language.into()));
        Self {
            compare: compare.or_else(|| comparison(&JsValue::UNDEFINED)),
        }
    }

    fn sorted(compare: &Function, texts: &[Rc<str>]) -> Option<Vec<Rc<str>>> {
        // All at once: each text that crosses the border by itself costs more than its comparisons.
        let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
        let text = serde_json::to_string(&texts).ok()?;
        let array = JSON::parse(&text).ok()?;
        let sort: Function = Reflect::get(&array, &"sort".into()).ok()?.dyn_into().ok()?;
        let sorted = sort.call1(&array, compare).ok()?;
        let text = String::from(JSON::stringify(&sorted).ok()?);
        let sorted: Vec<String> = json::from_slice(text.as_bytes()).ok()?;
        let complete = sorted.len() == texts.len();
        complete.then(|| sorted.into_iter().map(Rc::from).collect())
    }
}

impl Collation for PlatformCollation {
    fn compare(&self, a: &str, b: &str) -> Ordering {
        let Some(compare) = &self.compare else {
            return natural(a).cmp(&natural(b));
        };
        let [a, b] = [a, b].map(JsString::from);
        let order = compare.call2(&JsValue::UNDEFINED, &a, &b);
        let order = order.ok().and_then(|order| order.as_f64());
        order
            .and_then(|order| order.partial_cmp(&0.0))
            .unwrap_or(Ordering::Equal)
    }

    fn sort(&self, texts: &mut Vec<Rc<str>>) {
        let compare = self.compare.as_ref();
        // Texts arrive in natural order, and stay in it if the platform fails.
        if let Some(sorted) = compare.and_then(|compare| Self::sorted(compare, texts)) {
            *texts = sorted;
        }
    }
}

/// The `compare` of a collator in a language.
fn comparison(language: &JsValue) -> Option<Function> {
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let collator: Function = Reflect::get(&intl, &"Collator".into()).ok()?.dyn_into().ok()?;
    let options = Object::new();
    Reflect::set(&options, &"numeric".into(), &JsValue::TRUE).ok()?;
    let arguments = Array::of2(language, &options);
    let collator = Reflect::construct(&collator, &arguments).ok()?;
    Reflect::get(&collator, &"compare".into()).ok()?.dyn_into().ok()
}
