//! A REST write joins the queue.

use holdfast_browser::client::Snapshot;
use holdfast_core::{
    Fields,
    engine::TransactError,
    ordered,
    plan::{Edit, EditError, Edited},
    protocol::{ErrorCode, IfMatch, WireError},
    record::{FieldError, Operation, RecordKey, is_local_id, meta},
    store::StoreError,
};

use serde_json::Value;

use super::{Answer, read::epoch};

/// The edit that a request asks for, or the answer that refuses it. `body`: fields of the record; its id and the
/// protocol's own fields may stand among them, as a reader of the API would send them back. `new_id`: for a record
/// that brings none.
pub fn edit_of(
    device: Snapshot<'_>,
    operation: Operation,
    entity: &str,
    id: Option<String>,
    body: Fields,
    if_match: &IfMatch,
    new_id: impl FnOnce() -> String,
) -> Result<Edit, Answer> {
    let Some(declared) = device.packs().entity(entity) else {
        let message = format!("There are no \"{entity}\" here.");
        return Err(Answer::error(404, WireError::new(ErrorCode::NotFound, message)));
    };
    if let Some(id) = &id {
        check_precondition(
            device,
            &RecordKey::new(entity, id),
            if_match,
            body.get(meta::VERSION),
        )?;
    }
    let mut fields = body;
    let given = fields
        .remove(&declared.id_field)
        .and_then(|id| id.as_str().map(str::to_owned));
    let metadata = [
        meta::VERSION,
        meta::BASE_VERSION,
        meta::LOCAL_ID,
        meta::UPDATED_AT,
    ];
    for name in metadata {
        fields.remove(name);
    }
    // An id that the server may give out to another record is not the page's to choose.
    if let Some(chosen) = given
        .as_ref()
        .filter(|chosen| id.is_none() && !is_local_id(chosen))
    {
        let message =
            format!("\"{chosen}\" cannot be the id of a new record; leave it out, or send a UUID v4.");
        let fault = FieldError {
            field: declared.id_field.clone(),
            message: "must be a UUID v4 in lower case".into(),
        };
        let error = WireError {
            fields: vec![fault],
            ..WireError::new(ErrorCode::ValidationError, message)
        };
        return Err(Answer::error(422, error));
    }
    Ok(Edit {
        key: RecordKey::new(entity, id.or(given).unwrap_or_else(new_id)),
        operation,
        fields,
        seen: None,
        kind: None,
    })
}

/// Whether a tag is of an epoch. One of the server's also names the start under which its version was written.
fn is_of_epoch(history: &str, epoch: &str) -> bool {
    let start = history.strip_prefix(epoch);
    start.is_some_and(|start| start.is_empty() || start.starts_with('-'))
}

/// What the page saw is what the device has: the write builds on that, so an older version cannot be its base.
fn check_precondition(
    device: Snapshot<'_>,
    key: &RecordKey,
    if_match: &IfMatch,
    in_body: Option<&Value>,
) -> Result<(), Answer> {
    let in_body = match in_body.map(meta::version) {
        Some(None) => return Err(Answer::malformed_precondition()),
        known => known.flatten(),
    };
    // What is not here is refused as that.
    let Some(view) = device.view(key) else {
        return Ok(());
    };
    let holds = match if_match {
        IfMatch::Any => true,
        IfMatch::OneOf(tags) => {
            let epoch = epoch(device);
            let is_held = |(of, version): &(String, u64)| *version == view.version && is_of_epoch(of, &epoch);
            tags.iter().any(is_held)
        }
        IfMatch::Absent => in_body.is_none_or(|version| version == view.version),
    };
    if holds {
        Ok(())
    } else {
        Err(Answer::precondition_failed())
    }
}

/// The answer to an edit that was tried.
pub fn queued(outcome: Result<Edited, TransactError<EditError>>) -> Answer {
    match outcome {
        Ok(edited) => {
            let fields = [
                ("queued", edited.queue_id.is_some().into()),
                ("queueId", edited.queue_id.into()),
                ("entityId", edited.key.entity_id.into()),
            ];
            let body = ordered::fields(fields.map(|(name, value)| (name.to_owned(), value)));
            Answer::json(202, body.into())
        }
        Err(TransactError::Plan(error)) => refused(error),
        Err(TransactError::Store(StoreError::Locked)) => Answer::locked(),
        Err(TransactError::Store(error @ StoreError::Full)) => Answer::error(
            507,
            WireError::new(
                ErrorCode::ServerError,
                format!("{error}. Free some, then try again."),
            ),
        ),
        Err(TransactError::Store(error)) => {
            Answer::error(503, WireError::new(ErrorCode::ServerError, error.to_string()))
        }
    }
}

fn refused(error: EditError) -> Answer {
    let message = error.to_string();
    match error {
        EditError::Invalid(fields) => Answer::error(
            422,
            WireError {
                fields,
                ..WireError::new(ErrorCode::ValidationError, message)
            },
        ),
        EditError::UnknownEntity(_) | EditError::NoRecord => {
            Answer::error(404, WireError::new(ErrorCode::NotFound, message))
        }
        EditError::NotAllowed => Answer::error(403, WireError::new(ErrorCode::PermissionDenied, message)),
        EditError::NoDevice => Answer::locked(),
    }
}
