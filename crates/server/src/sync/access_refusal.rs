//! Refusals for want of a role's scope, written down in the audit. A record that its author may no longer see is the
//! matter of `apply` and `after_access`.

use holdfast_core::{
    pack::Entity,
    protocol::{ErrorCode, OperationResult, WireOperation},
};

use super::audit::{AuditAction, AuditEntry};
use super::{Context, outcome};
use crate::records::ids;
use crate::storage::port::{Result, Transaction};

/// The refusal of what the author's roles do not allow, written down. `action`: `create`, `update` or `delete`.
pub(super) fn denied(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    action: &str,
) -> Result<OperationResult> {
    let message = format!(
        "Your role does not allow you to {action} {}.",
        entity.title_plural.to_lowercase()
    );
    refused_access(
        tx,
        cx,
        entity,
        operation,
        &format!("no scope to {action}"),
        &message,
    )
}

/// A refusal of access, written down with its reason.
pub(super) fn refused_access(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    reason: &str,
    message: &str,
) -> Result<OperationResult> {
    let id = ids::resolve(tx, &cx.caller.device_id, &entity.name, &operation.entity_id)?;
    let mut entry = AuditEntry::new(cx, AuditAction::Denied, &entity.name, &id).about(operation, 0);
    entry.server_version = None;
    entry.resolution.insert("record".into(), reason.into());
    entry.write(tx)?;
    Ok(outcome::rejected(operation, ErrorCode::PermissionDenied, message))
}
