//! The description of the API.
//!
//! Paths stand beside their handlers. The shapes of bodies stand in `schemas.json`: the types themselves are the
//! engine's, which phones download and which therefore know nothing of descriptions. What is true of every path is added
//! here: the shape of errors, and the names that the packs in force give to `{entities}`.

use axum::Json;
use axum::extract::State;
use holdfast_core::pack::Packs;
use serde_json::{Map, Value, json};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{
    audit, authorize, conflicts, devices, domains, health, me, metadata, metrics, records, revoke, sync,
    token,
};
use crate::http::ApiError;
use crate::http::state::AppState;

#[derive(OpenApi)]
#[openapi(
    info(title = "Holdfast", description = "Sync, records, conflicts and audit."),
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

pub async fn show(State(state): State<AppState>) -> Result<Json<Value>, ApiError> {
    describe(&state.packs).map(Json).map_err(ApiError::internal)
}

/// The whole description, for a server with these packs.
fn describe(packs: &Packs) -> Result<Value, serde_json::Error> {
    let mut api = serde_json::to_value(Api::openapi())?;
    let shapes: Map<String, Value> = serde_json::from_str(include_str!("schemas.json"))?;
    let schemas = api.pointer_mut("/components/schemas");
    if let Some(schemas) = schemas.and_then(Value::as_object_mut) {
        schemas.extend(shapes);
    }
    let plurals: Vec<&str> = packs
        .entities()
        .map(|(_, entity)| entity.plural.as_str())
        .collect();
    let paths = api.pointer_mut("/paths").and_then(Value::as_object_mut);
    for (path, operations) in paths.into_iter().flatten() {
        for operation in operations.as_object_mut().into_iter().flat_map(Map::values_mut) {
            name_entities(operation, &plurals);
            add_refusals(operation, path.starts_with("/api/"));
            if path.starts_with("/api/") {
                shape_errors(operation);
            }
        }
    }
    Ok(api)
}

/// The path's `{entities}` are the plural names of the packs in force.
fn name_entities(operation: &mut Value, plurals: &[&str]) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        if parameter["name"] == "entities" && parameter["in"] == "path" {
            parameter["schema"] = json!({ "type": "string", "enum": plurals });
        }
    }
}

/// What any request may be answered, whatever it asks for.
fn add_refusals(operation: &mut Value, is_api: bool) {
    let mut refusals = vec![
        ("400", "Not a request that can be read"),
        (
            "421",
            "The request names a host that this server does not answer to",
        ),
    ];
    if is_api {
        refusals.push(("429", "More than this user or device may ask for; `Retry-After`"));
        refusals.push(("503", "The server is busy, or took too long; `Retry-After`"));
    }
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    if let Some(responses) = responses {
        for (status, description) in &refusals {
            let refusal = || json!({ "description": description });
            responses.entry(*status).or_insert_with(refusal);
        }
    }
}

/// Every answer that is not a success has one shape.
fn shape_errors(operation: &mut Value) {
    let problem = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for (status, response) in responses.into_iter().flatten() {
        if status.starts_with(['4', '5']) {
            response["content"] = problem.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use holdfast_core::protocol::{Delta, Digest, DigestEntry, Health, PushRequest, PushResponse, WireError};
    use serde::{Serialize, de::DeserializeOwned};

    use super::*;
    use crate::sync::rest::{HistoryVersion, RecordPage};

    fn description() -> Value {
        describe(&crate::packs::load(None).unwrap()).unwrap()
    }

    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(parts) => {
                found.extend(parts.get("$ref").and_then(Value::as_str).map(str::to_owned));
                parts.values().for_each(|part| references(part, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_shape_that_is_named_is_there() {
        let api = description();
        let mut found = Vec::new();
        references(&api, &mut found);
        assert!(found.len() > 50, "{}", found.len());
        for reference in found {
            let place = reference.strip_prefix('#').unwrap();
            assert!(api.pointer(place).is_some(), "{reference}");
        }
    }

    /// Written as the type writes it, each object has the fields that its shape tells, and no other.
    fn holds<T: Serialize + DeserializeOwned>(name: &str, sample: Value) {
        let written = serde_json::to_value(serde_json::from_value::<T>(sample).unwrap()).unwrap();
        compare(
            &description(),
            &json!({ "$ref": format!("#/components/schemas/{name}") }),
            &written,
        );
    }

    fn compare(api: &Value, schema: &Value, value: &Value) {
        let schema = match schema["$ref"].as_str() {
            Some(reference) => api.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
            None => schema,
        };
        if let (Some(properties), Some(fields)) = (schema["properties"].as_object(), value.as_object()) {
            let told: BTreeSet<&String> = properties.keys().collect();
            let there: BTreeSet<&String> = fields.keys().collect();
            let open = schema["additionalProperties"] != json!(false);
            assert!(
                told == there || open && there.is_superset(&told),
                "{told:?} told, {there:?} there"
            );
            properties
                .iter()
                .for_each(|(name, part)| compare(api, part, &fields[name]));
        }
        for item in value.as_array().into_iter().flatten() {
            compare(api, &schema["items"], item);
        }
    }

    #[test]
    fn the_shapes_are_those_of_the_engine() {
        let at = "2026-11-21T08:30:00Z";
        let record = json!({ "id": "1", "_version": 2, "_baseVersion": 1, "_localId": "u", "updatedAt": at });
        let error = json!({ "code": "GONE", "message": "m", "fields": [{ "field": "f", "message": "m" }] });
        holds::<PushRequest>(
            "PushRequest",
            json!({ "deviceId": "d", "packVersions": {}, "cursor": "c", "receipt": "r", "byPosition": true, "operations": [{
            "queueId": "q", "clientMutationId": "q", "clientMutationIds": ["p"], "kind": "k", "domain": "d", "entityType": "e",
            "entityId": "1", "operation": "update", "payload": {}, "base": {}, "queuedAt": at, "clockOffsetMs": 1,
            "dependsOn": ["o"], "seenAt": at,
        }] }),
        );
        holds::<PushResponse>(
            "PushResponse",
            json!({ "serverTime": at, "results": [{
            "queueId": "q", "status": "conflict", "newVersion": 2, "entityId": "1", "record": record, "merged": ["f"],
            "superseded": [{ "field": "f", "kept": 1, "lost": 2, "lostBy": "u", "strategy": "merge" }],
            "conflict": { "conflictId": "c", "fields": ["f"], "record": record }, "accessLost": true,
            "error": error,
        }], "receipt": "r" }),
        );
        holds::<Delta>(
            "Delta",
            json!({ "syncTimestamp": at, "cursor": "c", "hasMore": true, "remaining": 1,
            "changes": { "deletedIds": {}, "revokedIds": {}, "things": [record] } }),
        );
        holds::<Digest>("Digest", json!({ "epoch": "e", "asOf": at, "entities": {} }));
        holds::<DigestEntry>(
            "DigestEntry",
            json!({ "count": 1, "sha256": "", "versions": {}, "aged": ["1"] }),
        );
        holds::<WireError>("Error", error);
        holds::<Health>("Health", json!({ "status": "ok", "service": "holdfast" }));
        holds::<RecordPage>("RecordPage", json!({ "items": [record], "nextPage": "p" }));
        holds::<HistoryVersion>(
            "HistoryVersion",
            json!({ "version": 1, "at": at, "userId": "u", "userName": "U",
            "deviceId": "d", "act": "update", "changes": {} }),
        );
    }

    #[test]
    fn values_of_fields_may_be_anything() {
        let api = description();
        let losing = &api["components"]["schemas"]["LosingValue"]["properties"];
        for value in ["value", "kept"] {
            assert!(
                losing[value].is_object() && losing[value].get("type").is_none(),
                "{losing}"
            );
        }
    }

    #[test]
    fn every_route_tells_what_any_request_may_be_answered() {
        let api = description();
        for (path, operations) in api["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let told = |status: &str| operation["responses"][status].is_object();
                assert!(told("400") && told("421"), "{method} {path}");
                assert!(
                    !path.starts_with("/api/") || told("429") && told("503"),
                    "{method} {path}"
                );
                assert!(!path.starts_with("/oauth/") || told("429"), "{method} {path}");
            }
        }
    }

    #[test]
    fn the_packs_name_the_entities() {
        let api = description();
        let list = &api["paths"]["/api/v1/{entities}"]["get"];
        let names = list["parameters"][0]["schema"]["enum"].as_array().unwrap();
        assert!(
            names.contains(&json!("work-orders")) && names.contains(&json!("conflicts")),
            "{names:?}"
        );
        let plain = &api["paths"]["/healthz"]["get"];
        assert!(
            plain.get("parameters").is_none(),
            "nothing is told of what is not there"
        );
        let problem = &list["responses"]["404"]["content"]["application/json"]["schema"]["$ref"];
        assert_eq!(problem, "#/components/schemas/Problem");
    }
}
