//! Reading JSON into types, in little code.
//!
//! What serde derives for a type is a state machine of kilobytes, and in WebAssembly a phone downloads each of them. A
//! device reads nothing but JSON: text becomes a [`Value`] first, and a type takes its fields out of that, one call for
//! each. serde's derives stay beside it for the server, for TOML and for writing; a test holds both to the same answers.
//!
//! Reading never stops half-way: what does not fit is noted as a fault and has a stand-in, and whatever was built over
//! a fault is thrown away at the end. So a struct is one expression without an exit from its midst.

mod digits;
pub mod limits;

use std::collections::{BTreeMap, BTreeSet};

pub use digits::keep_digits;
pub use holdfast_codec::{Malformed, parse, string};
use serde_json::Value;

use crate::{Fields, Timestamp, timestamp};

/// Whether anything did not fit so far.
#[derive(Debug, Default)]
pub struct Faults {
    noted: bool,
}

impl Faults {
    /// Notes that something does not fit.
    pub fn note(&mut self) {
        self.noted = true;
    }

    /// The value, or a stand-in and a fault.
    pub fn expect<T: Default>(&mut self, value: Option<T>) -> T {
        value.unwrap_or_else(|| {
            self.note();
            T::default()
        })
    }

    /// The value that a text names; the first, and a fault, if it names none.
    pub fn one_of<T: Copy>(&mut self, value: &Value, named: &[(&str, T)]) -> T {
        let text = value.as_str().unwrap_or_default();
        match named.iter().find(|(name, _)| *name == text) {
            Some((_, value)) => *value,
            None => {
                self.note();
                named[0].1
            }
        }
    }

    /// A variant's name and content, as serde writes an enum: `"name"` or `{ "name": content }`.
    pub fn variant(&mut self, value: Value) -> (String, Value) {
        match value {
            Value::String(name) => (name, Value::Null),
            Value::Object(fields) if fields.len() == 1 => {
                let only = fields.into_iter().next();
                self.expect(only)
            }
            _ => (String::new(), Value::Null),
        }
    }
}

/// What can be read from JSON.
pub trait FromJson: Sized {
    /// Reads the value; where it does not fit, notes that and answers a stand-in.
    fn read(value: Value, faults: &mut Faults) -> Self;

    /// What stands for a field that is not there: a fault, but for an [`Option`].
    fn absent(faults: &mut Faults) -> Self {
        faults.note();
        Self::read(Value::Null, faults)
    }
}

/// Reads JSON text.
///
/// # Errors
/// If it is no JSON, or does not fit.
pub fn from_slice<T: FromJson>(text: &[u8]) -> Result<T, Malformed> {
    from_value(parse(text)?)
}

/// Reads JSON that is parsed already.
///
/// # Errors
/// If it does not fit.
pub fn from_value<T: FromJson>(value: Value) -> Result<T, Malformed> {
    let mut faults = Faults::default();
    let read = T::read(value, &mut faults);
    if faults.noted { Err(Malformed) } else { Ok(read) }
}

/// A value as JSON text.
pub fn text(value: &Value) -> String {
    // Fails only for keys that are no text, and here all are.
    serde_json::to_string(value).unwrap_or_default()
}

/// An object whose fields are being taken out.
#[derive(Debug)]
pub struct Object<'a> {
    fields: Fields,
    faults: &'a mut Faults,
}

impl<'a> Object<'a> {
    pub fn of(value: Value, faults: &'a mut Faults) -> Self {
        let fields = Fields::read(value, faults);
        Self { fields, faults }
    }

    /// A field that must be there, unless it is an [`Option`].
    pub fn take<T: FromJson>(&mut self, name: &str) -> T {
        match self.fields.remove(name) {
            Some(value) => T::read(value, self.faults),
            None => T::absent(self.faults),
        }
    }

    /// A field that may be left out.
    pub fn take_or<T: FromJson>(&mut self, name: &str, absent: T) -> T {
        match self.fields.remove(name) {
            Some(value) => T::read(value, self.faults),
            None => absent,
        }
    }

    /// Nothing else may stand in the object.
    pub fn end(&mut self) {
        if !self.fields.is_empty() {
            self.faults.note();
        }
    }
}

/// [`FromJson`] for structs: each field with its name in JSON, and after `=` what it is where it is left out. `only`
/// before the struct's name: other fields are a fault.
#[macro_export]
macro_rules! json_object {
    ($type:ident { $($field:ident: $name:literal $(= $absent:expr)?),* $(,)? }) => {
        impl $crate::json::FromJson for $type {
            fn read(value: ::serde_json::Value, faults: &mut $crate::json::Faults) -> Self {
                let mut object = $crate::json::Object::of(value, faults);
                Self { $($field: $crate::json_object!(@field object $name $($absent)?)),* }
            }
        }
    };
    (only $type:ident { $($field:ident: $name:literal $(= $absent:expr)?),* $(,)? }) => {
        impl $crate::json::FromJson for $type {
            fn read(value: ::serde_json::Value, faults: &mut $crate::json::Faults) -> Self {
                let mut object = $crate::json::Object::of(value, faults);
                let read = Self { $($field: $crate::json_object!(@field object $name $($absent)?)),* };
                object.end();
                read
            }
        }
    };
    (@field $object:ident $name:literal) => { $object.take($name) };
    (@field $object:ident $name:literal $absent:expr) => { $object.take_or($name, $absent) };
}

/// [`FromJson`] for enums without content: each variant with its name in JSON.
#[macro_export]
macro_rules! json_names {
    ($type:ident { $($variant:ident: $name:literal),* $(,)? }) => {
        impl $crate::json::FromJson for $type {
            fn read(value: ::serde_json::Value, faults: &mut $crate::json::Faults) -> Self {
                faults.one_of(&value, &[$(($name, Self::$variant)),*])
            }
        }
    };
}

impl FromJson for Value {
    fn read(value: Value, _: &mut Faults) -> Self {
        value
    }
}

impl FromJson for Fields {
    fn read(value: Value, faults: &mut Faults) -> Self {
        faults.expect(match value {
            Value::Object(fields) => Some(fields),
            _ => None,
        })
    }
}

impl FromJson for String {
    fn read(value: Value, faults: &mut Faults) -> Self {
        faults.expect(match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }
}

impl FromJson for Timestamp {
    fn read(value: Value, faults: &mut Faults) -> Self {
        faults.expect(value.as_str().and_then(timestamp::parse))
    }
}

impl FromJson for bool {
    fn read(value: Value, faults: &mut Faults) -> Self {
        faults.expect(value.as_bool())
    }
}

impl FromJson for u64 {
    fn read(value: Value, faults: &mut Faults) -> Self {
        faults.expect(value.as_u64())
    }
}

impl FromJson for i64 {
    fn read(value: Value, faults: &mut Faults) -> Self {
        faults.expect(value.as_i64())
    }
}

impl FromJson for f64 {
    fn read(value: Value, faults: &mut Faults) -> Self {
        faults.expect(value.as_f64())
    }
}

/// Whole numbers that do not fill 64 bits.
macro_rules! narrow {
    ($($type:ty),*) => {$(
        impl FromJson for $type {
            fn read(value: Value, faults: &mut Faults) -> Self {
                let whole = u64::read(value, faults);
                faults.expect(<$type>::try_from(whole).ok())
            }
        }
    )*};
}

narrow!(u8, u16, u32, usize);

impl<T: FromJson> FromJson for Option<T> {
    fn read(value: Value, faults: &mut Faults) -> Self {
        (!value.is_null()).then(|| T::read(value, faults))
    }

    fn absent(_: &mut Faults) -> Self {
        None
    }
}

impl<T: FromJson> FromJson for Box<T> {
    fn read(value: Value, faults: &mut Faults) -> Self {
        Box::new(T::read(value, faults))
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn read(value: Value, faults: &mut Faults) -> Self {
        let items = faults.expect(match value {
            Value::Array(items) => Some(items),
            _ => None,
        });
        let mut read = Vec::with_capacity(items.len());
        for item in items {
            read.push(T::read(item, faults));
        }
        read
    }
}

impl<T: FromJson> FromJson for BTreeMap<String, T> {
    fn read(value: Value, faults: &mut Faults) -> Self {
        let mut read = BTreeMap::new();
        for (name, value) in Fields::read(value, faults) {
            read.insert(name, T::read(value, faults));
        }
        read
    }
}

impl FromJson for BTreeSet<String> {
    fn read(value: Value, faults: &mut Faults) -> Self {
        let mut read = Self::new();
        read.extend(Vec::<String>::read(value, faults));
        read
    }
}
