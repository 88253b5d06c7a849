//! In whose name the values of a settlement are.

use holdfast_core::{merge::with_stamps_of, protocol::WireOperation, record::FieldError, stamps::Known};
use serde_json::Value;

use super::parts::Parts;
use crate::sync::{Context, authored};

impl Parts<'_> {
    /// A value that was stamped when it was first written, whoever chooses it now; what the record has keeps its stamps.
    pub(super) fn signed_before(&self, field: &str, value: Value) -> Value {
        let nothing = Value::Null;
        let stands = self.record.fields.get(field).unwrap_or(&nothing);
        match self.entity.field(field) {
            Some(field) => with_stamps_of(field, &value, stands),
            None => value,
        }
    }

    /// A value that the resolver wrote: in their name, but for what stands in the record or in the values of the conflict.
    pub(super) fn signed_now(
        &self,
        cx: &Context<'_>,
        operation: &WireOperation,
        field: &str,
        mut value: Value,
        faults: &mut Vec<FieldError>,
    ) -> Value {
        let Some(declared) = self.entity.field(field) else {
            return value;
        };
        let nothing = Value::Null;
        let of_conflict = ["mine", "theirs", "base"].map(|part| self.value(field, part));
        let stands = self.record.fields.get(field).unwrap_or(&nothing);
        let known = Known {
            base: stands,
            stored: stands,
            earlier: &of_conflict.iter().collect::<Vec<_>>(),
        };
        authored::signer(cx, operation).sign(declared, &mut value, &known, faults);
        value
    }
}
