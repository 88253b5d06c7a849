//! A REST write joins the queue.

use holdfast_core::{
    Fields,
    engine::TransactError,
    ordered,
    plan::{Edit, EditError, Edited},
    protocol::{ErrorCode, WireError},
    queue::Operation,
    record::{RecordKey, meta},
    replica::Replica,
    store::StoreError,
};

use super::Answer;

/// The edit that a request asks for, or the answer that refuses it. `body`: fields of the record; its id and the
/// protocol's own fields may stand among them, as a reader of the API would send them back. `new_id`: for a record
/// that brings none.
pub fn edit_of(
    replica: &Replica,
    operation: Operation,
    entity: &str,
    id: Option<String>,
    body: Fields,
    new_id: impl FnOnce() -> String,
) -> Result<Edit, Answer> {
    let Some(declared) = replica.packs().entity(entity) else {
        let message = format!("There are no \"{entity}\" here.");
        return Err(Answer::error(404, WireError::new(ErrorCode::NotFound, message)));
    };
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
    Ok(Edit {
        key: RecordKey::new(entity, id.or(given).unwrap_or_else(new_id)),
        operation,
        fields,
        seen: None,
        kind: None,
    })
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
