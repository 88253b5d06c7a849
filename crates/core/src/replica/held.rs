//! A mirror as the replica holds it: by itself, or as a row of a page.

use std::{borrow::Cow, rc::Rc};

use serde_json::Value;

use super::search::{text_has, value_has};
use crate::{Fields, Timestamp, page::Page, record::Mirror, text::Form};

/// A record that the server confirmed, wherever it stands.
#[derive(Debug, Clone)]
pub enum Held {
    Loose(Rc<Mirror>),
    Paged { page: Rc<Page>, row: usize },
}

impl Held {
    /// Whether all of it is here.
    pub fn is_whole(&self) -> bool {
        match self {
            Self::Loose(_) => true,
            Self::Paged { page, .. } => page.is_whole(),
        }
    }

    pub fn version(&self) -> u64 {
        match self {
            Self::Loose(mirror) => mirror.version,
            Self::Paged { page, row } => page.version(*row),
        }
    }

    /// When the server last changed it.
    pub fn updated_at(&self) -> Timestamp {
        match self {
            Self::Loose(mirror) => mirror.updated_at,
            Self::Paged { page, row } => page.updated_at(*row),
        }
    }

    /// When this version reached the device.
    pub fn reached_at(&self) -> Timestamp {
        match self {
            Self::Loose(mirror) => mirror.reached_at,
            Self::Paged { page, row } => page.reached_at(*row),
        }
    }

    /// The scan that last confirmed it.
    pub fn scan(&self) -> u32 {
        match self {
            Self::Loose(mirror) => mirror.scan,
            Self::Paged { page, row } => page.scan(*row),
        }
    }

    /// The local id under which this device created it, as far as the server told.
    pub fn local_id(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Loose(mirror) => mirror.local_id.as_deref().map(Cow::Borrowed),
            Self::Paged { page, row } => page.local_id(*row),
        }
    }

    /// One field, without reading the others.
    pub fn value(&self, field: &str) -> Option<Cow<'_, Value>> {
        match self {
            Self::Loose(mirror) => mirror.fields.get(field).map(Cow::Borrowed),
            Self::Paged { page, row } => page.value(*row, field).map(Cow::Owned),
        }
    }

    /// A field's text; empty where it has none.
    pub fn text(&self, field: &str) -> Cow<'_, str> {
        match self {
            Self::Loose(mirror) => mirror
                .fields
                .get(field)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .into(),
            Self::Paged { page, row } => page.text(*row, field).unwrap_or_default(),
        }
    }

    /// Whether a field has one of these values, or a list of which one is an item.
    pub fn has(&self, field: &str, any_of: &[Value]) -> bool {
        if let (Self::Paged { page, row }, [Value::String(wanted)]) = (self, any_of)
            && let Some(Cow::Borrowed(text)) = page.text(*row, field)
        {
            return text == wanted;
        }
        is_any_of(self.value(field).as_deref(), any_of)
    }

    /// Whether a folded word stands in a field.
    pub(super) fn mentions(&self, field: &str, word: &str) -> bool {
        if let Self::Paged { page, row } = self
            && let Some(text) = page.text(*row, field)
        {
            return text_has(&text, word);
        }
        self.value(field).is_some_and(|value| value_has(&value, word))
    }

    /// All fields.
    pub fn fields(&self) -> Cow<'_, Fields> {
        match self {
            Self::Loose(mirror) => Cow::Borrowed(&mirror.fields),
            Self::Paged { page, row } => Cow::Owned(page.fields(*row)),
        }
    }

    pub fn mirror(&self) -> Rc<Mirror> {
        match self {
            Self::Loose(mirror) => Rc::clone(mirror),
            Self::Paged { page, row } => Rc::new(page.mirror(*row)),
        }
    }
}

/// Whether a value is one of these, or a list of which one is an item.
pub(super) fn is_any_of(value: Option<&Value>, any_of: &[Value]) -> bool {
    any_of.iter().any(|wanted| match value.unwrap_or(&Value::Null) {
        Value::Array(items) => items.contains(wanted),
        value => value == wanted,
    })
}

/// As [`is_any_of`], with texts compared in this form.
pub(super) fn is_any_of_form(form: Form, value: Option<&Value>, any_of: &[Value]) -> bool {
    let same = |a: &Value, b: &Value| match (a, b) {
        (Value::String(a), Value::String(b)) => form.key(a) == form.key(b),
        _ => a == b,
    };
    any_of.iter().any(|wanted| match value.unwrap_or(&Value::Null) {
        Value::Array(items) => items.iter().any(|item| same(item, wanted)),
        value => same(value, wanted),
    })
}
