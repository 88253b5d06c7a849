//! What every stored byte goes through, and nothing else.
//!
//! The app is compiled to be small, because a phone downloads it; what is here is compiled to be fast. Which of the two a
//! generic function is, is decided where it is called with its types: so the entries here are plain functions, and the
//! loops of the libraries that they use are compiled with them.
//!
//! - [`delta`]: an answer's text, taken apart into records whose values stay text
//! - [`part`]: values side by side in columns, as a page keeps them
//! - [`frame`]: bytes as they are sealed, compressed where that pays

pub mod delta;
pub mod frame;
pub mod part;

use std::borrow::Cow;

use serde_json::Value;

/// The text is not JSON, or not of the shape that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the data is cut off, or of a shape that this version of the app does not know")]
pub struct Malformed;

/// JSON text as a value.
///
/// # Errors
/// If it is no JSON.
pub fn parse(json: &[u8]) -> Result<Value, Malformed> {
    serde_json::from_slice(json).map_err(|_| Malformed)
}

/// The text that a JSON text stands for; `None` if it stands for something else. Borrowed unless it holds escapes.
pub fn string(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    match parse(json.as_bytes()) {
        Ok(Value::String(text)) => Some(Cow::Owned(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::string;

    #[test]
    fn a_text_is_what_its_json_says_and_nothing_else_is_a_text() {
        let table = [
            (r#""WO-1""#, Some("WO-1")),
            (r#""""#, Some("")),
            (r#""a \"b\" ü \u00fc""#, Some("a \"b\" ü ü")),
            ("7", None),
            ("null", None),
            (r#"["a"]"#, None),
            (r#"""#, None),
            (r#""\ud800""#, None),
        ];
        for (json, text) in table {
            assert_eq!(string(json).as_deref(), text, "{json}");
        }
    }
}
