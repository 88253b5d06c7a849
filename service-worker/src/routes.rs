//! What an API request is about, as far as the worker is concerned. Pure, so that it can be tested without a browser.

use holdfast_core::{pack::Packs, record::Operation};

/// What the worker does with a request below `/api/v1/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// All records of an entity.
    List { entity: String },
    /// One record.
    Record { entity: String, id: String },
    /// A write of an entity: joins the queue. Without an id for a create.
    Write {
        operation: Operation,
        entity: String,
        id: Option<String>,
    },
    /// Another read: kept sealed for offline use.
    CachedRead,
    /// Not the worker's business.
    PassBy,
}

const API: &str = "/api/v1/";

/// Sorts a request out by method and path.
pub fn route(packs: &Packs, method: &str, path: &str) -> Route {
    let Some(rest) = path.strip_prefix(API) else {
        return Route::PassBy;
    };
    let parts: Vec<&str> = rest.trim_end_matches('/').split('/').collect();
    let entity = parts.first().and_then(|plural| packs.entity_by_plural(plural));
    let Some(entity) = entity.map(|entity| entity.name.clone()) else {
        return if method == "GET" {
            Route::CachedRead
        } else {
            Route::PassBy
        };
    };
    let id = parts.get(1).map(|id| {
        percent_encoding::percent_decode_str(id)
            .decode_utf8_lossy()
            .into_owned()
    });
    match (method, id, parts.len()) {
        ("GET", None, 1) => Route::List { entity },
        ("GET", Some(id), 2) => Route::Record { entity, id },
        ("GET", _, _) => Route::CachedRead,
        ("POST", None, 1) => Route::Write {
            operation: Operation::Create,
            entity,
            id: None,
        },
        ("PATCH", Some(id), 2) => Route::Write {
            operation: Operation::Update,
            entity,
            id: Some(id),
        },
        ("DELETE", Some(id), 2) => Route::Write {
            operation: Operation::Delete,
            entity,
            id: Some(id),
        },
        _ => Route::PassBy,
    }
}

#[cfg(test)]
mod tests {
    use holdfast_core::{pack::Packs, record::Operation};

    use super::{Route, route};

    #[test]
    fn each_request_takes_its_route() {
        let packs = Packs::new(Vec::new()).unwrap();
        let entity = "notice".to_owned();
        let write = |operation, id: Option<&str>| Route::Write {
            operation,
            entity: "notice".into(),
            id: id.map(Into::into),
        };
        let table = [
            (
                "GET",
                "/api/v1/notices",
                Route::List {
                    entity: entity.clone(),
                },
            ),
            (
                "GET",
                "/api/v1/notices/",
                Route::List {
                    entity: entity.clone(),
                },
            ),
            (
                "GET",
                "/api/v1/notices/n%201",
                Route::Record {
                    entity: entity.clone(),
                    id: "n 1".into(),
                },
            ),
            ("GET", "/api/v1/notices/n1/history", Route::CachedRead),
            ("POST", "/api/v1/notices", write(Operation::Create, None)),
            (
                "PATCH",
                "/api/v1/notices/n1",
                write(Operation::Update, Some("n1")),
            ),
            (
                "DELETE",
                "/api/v1/notices/n1",
                write(Operation::Delete, Some("n1")),
            ),
            ("PUT", "/api/v1/notices/n1", Route::PassBy),
            ("PATCH", "/api/v1/notices", Route::PassBy),
            ("POST", "/api/v1/conflicts/c1/resolve", Route::PassBy),
            ("GET", "/api/v1/audit?entity=notices", Route::CachedRead),
            ("POST", "/api/v1/audit/7/restore", Route::PassBy),
            ("GET", "/elsewhere", Route::PassBy),
        ];
        for (method, path, expected) in table {
            assert_eq!(route(&packs, method, path), expected, "{method} {path}");
        }
    }
}
