//! What the server would refuse of a write for who its author is, as far as the device knows.

use serde_json::Value;

use crate::{
    Fields, Timestamp,
    pack::{Entity, defaults, unwritable},
    record::{FieldError, Operation},
    replica::Replica,
    stamps::{Known, Signer},
};

/// Fields that its user may not write, and names of others in stamped fields. The server has the last word: roles may have
/// changed since. `base`, `payload`: the changed fields as its author saw them, and as they want them.
pub(super) fn refused_early(
    replica: &Replica,
    entity: &Entity,
    operation: Operation,
    (base, payload): (&Fields, &Fields),
    now: Timestamp,
) -> Vec<FieldError> {
    let mut errors = match (replica.me(), operation) {
        (None, _) => Vec::new(),
        (Some(me), Operation::Create) => unwritable(entity, &me.roles, &defaults(entity), payload),
        (Some(me), _) => unwritable(entity, &me.roles, base, payload),
    };
    let Some(device) = replica.device() else {
        return errors;
    };
    let signer = Signer {
        user_id: &device.user_id,
        received: now,
        clock_offset_ms: 0,
    };
    for (name, value) in payload {
        let Some(field) = entity.field(name) else { continue };
        let seen = base.get(name).unwrap_or(&Value::Null);
        let known = Known {
            base: seen,
            stored: seen,
            earlier: &[],
        };
        if field.stamped.is_some() || field.kind.has_stamps() {
            signer.sign(field, &mut value.clone(), &known, &mut errors);
        }
    }
    errors
}
