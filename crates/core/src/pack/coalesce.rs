use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::{self, Faults, FromJson};

/// Which never-sent edits of one record become one operation. One that was ever sent is frozen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "Value")]
pub enum Coalesce {
    /// Each edit is sent by itself: the server's history has every step.
    #[default]
    Off,
    /// Consecutive updates of one kind.
    Consecutive,
    /// All, whatever their kind, also into the record's create: what is sent brings the record from where its author
    /// found it to where they want it. What came back to where it was falls out, and an operation with nothing left
    /// is not sent.
    State,
}

impl FromJson for Coalesce {
    /// A device may still hold packs that said `true` or `false`.
    fn read(value: Value, faults: &mut Faults) -> Self {
        match value {
            Value::Bool(true) => Self::Consecutive,
            Value::Bool(false) => Self::Off,
            name => faults.one_of(
                &name,
                &[
                    ("off", Self::Off),
                    ("consecutive", Self::Consecutive),
                    ("state", Self::State),
                ],
            ),
        }
    }
}

impl TryFrom<Value> for Coalesce {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        json::from_value(value).map_err(|_| "`coalesce` is \"off\", \"consecutive\" or \"state\"")
    }
}
