//! What an OAuth client may ask of this server (RFC 8414).

use axum::Json;
use serde_json::{Value, json};

use crate::http::origin::Origin;

/// What the authorization server can do (RFC 8414).
#[utoipa::path(get, path = "/.well-known/oauth-authorization-server", tag = "sign-in",
    responses((status = 200, body = serde_json::Value), (status = 429, description = "Too many requests; `Retry-After`")))]
pub async fn show(Origin(issuer): Origin) -> Json<Value> {
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth/authorize"),
        "token_endpoint": format!("{issuer}/oauth/token"),
        "revocation_endpoint": format!("{issuer}/oauth/revoke"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "authorization_response_iss_parameter_supported": true,
    }))
}
