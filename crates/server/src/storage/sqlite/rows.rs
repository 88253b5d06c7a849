//! Rows of the record tables, read.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Row, ToSql};
use serde::de::DeserializeOwned;

use super::value::{Json, Millis};
use crate::storage::model::{Act, AuditRow, HistoryEntry, Membership, Stored};

/// A record, with its fields in the form that is asked for.
pub(super) fn read_record<F: DeserializeOwned>(row: &Row<'_>) -> rusqlite::Result<Stored<F>> {
    Ok(Stored {
        entity: row.get(0)?,
        id: row.get(1)?,
        fields: row.get::<_, Json<_>>(2)?.0,
        version: row.get(3)?,
        sequence: row.get(4)?,
        updated_at: row.get::<_, Millis>(5)?.0,
        updated_by: row.get(6)?,
        local_id: row.get(7)?,
        deleted: row.get(8)?,
        maker: row.get(9)?,
    })
}

pub(super) fn read_history(row: &Row<'_>) -> rusqlite::Result<HistoryEntry> {
    Ok(HistoryEntry {
        entity: row.get(0)?,
        id: row.get(1)?,
        version: row.get(2)?,
        sequence: row.get(3)?,
        at: row.get::<_, Millis>(4)?.0,
        user_id: row.get(5)?,
        user_name: row.get(6)?,
        roles: row.get::<_, Json<_>>(7)?.0,
        device_id: row.get(8)?,
        act: row.get(9)?,
        changes: row.get::<_, Json<_>>(10)?.0,
    })
}

pub(super) fn read_audit(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        number: row.get(0)?,
        id: row.get(1)?,
        at: row.get::<_, Millis>(2)?.0,
        entity: row.get(3)?,
        record_id: row.get(4)?,
        user_id: row.get(5)?,
        entry: row.get(6)?,
        hash: row.get(7)?,
    })
}

/// The variants of an enum and the words they are stored as.
macro_rules! stored_as {
    ($type:ty: $($variant:path => $word:literal),+ $(,)?) => {
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(match self { $($variant => $word),+ }.into())
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                match value.as_str()? {
                    $($word => Ok($variant),)+
                    _ => Err(FromSqlError::InvalidType),
                }
            }
        }
    };
}

stored_as!(Act:
    Act::Create => "create",
    Act::Update => "update",
    Act::Delete => "delete",
    Act::Recreate => "recreate",
);

stored_as!(Membership:
    Membership::Held => "held",
    Membership::Doubted => "doubted",
    Membership::Expected => "expected",
);
