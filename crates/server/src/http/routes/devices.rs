//! The caller's signed-in devices.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::ApiError;
use crate::http::authenticated::SignedIn;
use crate::http::state::AppState;
use crate::identity::access;
use crate::identity::model::Revocation;
use crate::identity::sqlite::SqliteIdentity;
use crate::identity::store::IdentityStore;
use crate::security_log::{self, Event};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceSession {
    id: Uuid,
    /// Browser and system, such as "Chrome on Android".
    label: String,
    first_seen_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    /// The device this request comes from.
    current: bool,
}

#[utoipa::path(get, path = "/api/v1/devices", tag = "account", security(("bearer" = [])), responses((status = 200, body = [DeviceSession]), (status = 401)))]
pub async fn list(State(state): State<AppState>, me: SignedIn) -> Result<Json<Vec<DeviceSession>>, ApiError> {
    let user_id = me.user_id.clone();
    let devices = state
        .read(move |tx| SqliteIdentity(tx).signed_in_devices(&user_id))
        .await?;
    let sessions = devices.into_iter().map(|device| DeviceSession {
        current: device.id == me.device_id,
        id: device.id,
        label: device.label,
        first_seen_at: device.first_seen_at,
        last_seen_at: device.last_seen_at,
    });
    Ok(Json(sessions.collect()))
}

/// Signs a device out: its tokens stop working with the next request.
#[utoipa::path(delete, path = "/api/v1/devices/{id}", tag = "account", security(("bearer" = [])),
    params(("id" = String, Path, description = "The device's id")),
    responses((status = 204), (status = 401), (status = 404)))]
pub async fn remove(
    State(state): State<AppState>,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let now = state.now();
    let removed = match Uuid::parse_str(&id) {
        Ok(id) => {
            let (user_id, owner) = (me.user_id.clone(), me.user_id.clone());
            let removed = state
                .write(move |tx| access::remove_device(&SqliteIdentity(tx), now, &owner, id))
                .await?;
            if removed {
                security_log::record(Event::SessionEnded {
                    user_id: &user_id,
                    device_id: id,
                    reason: Revocation::DeviceRemoved,
                });
            }
            removed
        }
        Err(_) => false,
    };
    if removed {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::NotFound(
            "You have no signed-in device with this id.".to_owned(),
        ))
    }
}
