//! The description of the API.

use axum::Json;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{
    audit, authorize, conflicts, devices, domains, health, me, metadata, metrics, records, revoke, sync,
    token,
};

#[derive(OpenApi)]
#[openapi(
    info(title = "Holdfast", description = "Sync, records, conflicts and audit. Every answer but a success has the body \
        `{ \"error\": { \"code\", \"message\", \"fields\"? } }`."),
    paths(
        sync::push, sync::delta, sync::records, sync::digest,
        records::list, records::create, records::get, records::update, records::delete, records::history,
        conflicts::resolve, audit::list, audit::restore, domains::list, me::show, devices::list, devices::remove,
        authorize::page, authorize::sign_in, token::grant, revoke::revoke, metadata::show, health::alive, health::ready,
        metrics::show,
    ),
    modifiers(&BearerToken),
)]
struct Api;

/// Access tokens of the built-in authorization server.
struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        openapi
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

pub async fn show() -> Json<utoipa::openapi::OpenApi> {
    Json(Api::openapi())
}
