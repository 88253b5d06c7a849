//! A REST write joins the queue.

use holdfast_core::{
    Fields,
    engine::{Engine, TransactError},
    plan::{Edit, EditError},
    ports::{Ports, Rng},
    protocol::{ErrorCode, WireError},
    queue::Operation,
    record::{RecordKey, meta},
    store::StoreError,
};
use serde_json::json;

use super::Answer;

/// Queues the write under `key`: asked again with the same key, it queues nothing more. `body`: fields of the record;
/// its id and the protocol's own fields may stand among them, as a reader of the API would send them back.
pub async fn write<P: Ports>(
    engine: &Engine<P>,
    operation: Operation,
    entity: &str,
    id: Option<String>,
    body: Fields,
    key: String,
) -> Answer {
    let Some(id_field) = engine
        .replica()
        .packs()
        .entity(entity)
        .map(|entity| entity.id_field.clone())
    else {
        return Answer::error(
            404,
            WireError::new(ErrorCode::NotFound, format!("There are no \"{entity}\" here.")),
        );
    };
    let mut fields = body;
    let given = fields
        .remove(&id_field)
        .and_then(|id| id.as_str().map(str::to_owned));
    [
        meta::VERSION,
        meta::BASE_VERSION,
        meta::LOCAL_ID,
        meta::UPDATED_AT,
    ]
    .iter()
    .for_each(|name| {
        fields.remove(*name);
    });
    let id = id.or(given).unwrap_or_else(|| engine.ports().rng().uuid());
    let edit = Edit {
        key: RecordKey::new(entity, id),
        operation,
        fields,
        seen: None,
        kind: None,
    };
    match engine.edit_once(&edit, key).await {
        Ok(edited) => Answer::json(
            202,
            &json!({ "queued": edited.queue_id.is_some(), "queueId": edited.queue_id, "entityId": edited.key.entity_id }),
        ),
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
