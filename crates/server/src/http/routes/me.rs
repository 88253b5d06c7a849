//! The caller.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::ApiError;
use crate::http::signed_in::SignedIn;
use crate::http::state::AppState;
use crate::identity::IdentityError;
use crate::sync::scopes_of;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    user_id: String,
    username: String,
    display_name: String,
    roles: Vec<String>,
    sites: Vec<String>,
    /// `domain:entity:action`, from the domain packs.
    scopes: Vec<String>,
    device: MyDevice,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MyDevice {
    id: Uuid,
    first_seen_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
}

#[utoipa::path(get, path = "/api/v1/me", tag = "account", security(("bearer" = [])), responses((status = 200, body = Me), (status = 401)))]
pub async fn show(State(state): State<AppState>, me: SignedIn) -> Result<Json<Me>, ApiError> {
    let (device_id, (me, _turn)) = (me.device_id, me.into_parts());
    let device = state.read(move |tx| tx.identity().device(device_id)).await?;
    let device = device.ok_or(IdentityError::Inconsistent("a session without its device"))?;
    Ok(Json(Me {
        user_id: me.user_id,
        username: me.username,
        display_name: me.display_name,
        scopes: scopes_of(&state.packs, &me.roles),
        roles: me.roles,
        sites: me.sites,
        device: MyDevice {
            id: device.id,
            first_seen_at: device.first_seen_at,
            last_seen_at: device.last_seen_at,
        },
    }))
}
