//! For the orchestrator: is the process alive, and can it serve?

use axum::Json;
use axum::extract::State;
use holdfast_core::protocol::Health;

use crate::http::ApiError;
use crate::http::state::AppState;

/// Says who answers, so that a device does not take a captive portal's page for the server.
#[utoipa::path(get, path = "/healthz", tag = "operations",
    responses((status = 200, body = ref("#/components/schemas/Health"))))]
pub async fn alive() -> Json<Health> {
    Json(healthy())
}

fn healthy() -> Health {
    Health {
        status: "ok".to_owned(),
        service: Health::SERVICE.to_owned(),
    }
}

/// Ready when the database answers.
#[utoipa::path(get, path = "/readyz", tag = "operations",
    responses((status = 200, body = ref("#/components/schemas/Health")), (status = 500, description = "The database does not answer")))]
pub async fn ready(State(state): State<AppState>) -> Result<Json<Health>, ApiError> {
    state.probe().await?;
    Ok(Json(healthy()))
}
