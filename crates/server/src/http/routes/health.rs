//! For the orchestrator: is the process alive, and can it serve?

use axum::extract::State;
use rusqlite::Connection;

use crate::http::ApiError;
use crate::http::state::AppState;
use crate::storage::sqlite::DatabaseError;

pub async fn alive() -> &'static str {
    "ok"
}

/// Ready when the database answers.
pub async fn ready(State(state): State<AppState>) -> Result<&'static str, ApiError> {
    state.read(probe).await?;
    Ok("ok")
}

fn probe(connection: &Connection) -> Result<(), DatabaseError> {
    Ok(connection
        .query_row("SELECT 1 FROM users LIMIT 1", [], |_| Ok(()))
        .or_else(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => Ok(()),
            other => Err(other),
        })?)
}
