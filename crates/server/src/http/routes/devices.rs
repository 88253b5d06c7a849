//! The caller's signed-in devices.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LINK;
use axum::response::{AppendHeaders, IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::signed_in::SignedIn;
use crate::http::state::AppState;
use crate::http::{ApiError, ApiQuery};
use crate::identity::access;
use crate::security_log::{self, Event};
use crate::storage::identity::{Device, Revocation};
use crate::storage::port::{IdentityReader, StorageError};

const DEFAULT_PAGE: usize = 100;
const MAXIMAL_PAGE: usize = 500;

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

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DevicesQuery {
    /// The last device of the page before.
    after: Option<Uuid>,
    /// 1 to 500; 100, if absent.
    limit: Option<usize>,
}

/// The devices that are signed in, the most recently seen first.
#[utoipa::path(get, path = "/api/v1/devices", tag = "account", security(("bearer" = [])), params(DevicesQuery),
    responses((status = 200, description = "Devices; `Link` names the next page, as `next`", body = [DeviceSession]),
        (status = 400), (status = 401)))]
pub async fn list(
    State(state): State<AppState>,
    me: SignedIn,
    ApiQuery(DevicesQuery { after, limit }): ApiQuery<DevicesQuery>,
) -> Result<Response, ApiError> {
    let limit = limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAXIMAL_PAGE).contains(&limit) {
        return Err(ApiError::malformed(format!("limit must be 1 to {MAXIMAL_PAGE}.")));
    }
    let user_id = me.user_id.clone();
    // One more shows whether there is a next page.
    let mut devices = state
        .read(move |tx| page(tx.identity(), &user_id, after, limit + 1))
        .await?
        .ok_or_else(|| ApiError::malformed("after must name a device of yours. Start again without it."))?;
    let more = devices.len() > limit;
    devices.truncate(limit);
    let next = devices.last().filter(|_| more).map(|last| last.id);
    let link = next.map(|id| format!("</api/v1/devices?after={id}&limit={limit}>; rel=\"next\""));
    let sessions = devices.into_iter().map(|device| DeviceSession {
        current: device.id == me.device_id,
        id: device.id,
        label: device.label,
        first_seen_at: device.first_seen_at,
        last_seen_at: device.last_seen_at,
    });
    let sessions: Vec<DeviceSession> = sessions.collect();
    Ok((AppendHeaders(link.map(|link| (LINK, link))), Json(sessions)).into_response())
}

/// A page of the person's devices; `None`, if `after` is none of them.
fn page(
    store: &dyn IdentityReader,
    user_id: &str,
    after: Option<Uuid>,
    limit: usize,
) -> Result<Option<Vec<Device>>, StorageError> {
    let after = match after {
        None => None,
        Some(id) => match store.device(id)?.filter(|device| device.user_id == user_id) {
            None => return Ok(None),
            found => found,
        },
    };
    store.signed_in_devices(user_id, after.as_ref(), limit).map(Some)
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
                .write(move |tx| access::remove_device(tx.identity_mut()?, now, &owner, id))
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
