//! The tables of `docs/protocol.md` walked row by row, over memory and over SQLite.

mod after_access;
mod audit_chain;
#[rustfmt::skip]
mod bounds;
mod closed_meanwhile;
mod concurrency;
mod conflicts;
mod cursors;
mod deletion;
mod deletion_conflicts;
mod delta;
mod device;
mod effects;
mod identity;
#[rustfmt::skip]
mod instead;
mod late;
mod ledger;
#[rustfmt::skip]
mod limits;
mod lost_history;
mod merge;
mod operations;
mod other_packs;
mod prepared;
mod push;
#[rustfmt::skip]
mod reach;
#[rustfmt::skip]
mod readers;
mod readers_by_time;
mod rest;
mod rest_lists;
mod rest_preconditions;
mod restore;
mod revived;
mod scope;
#[rustfmt::skip]
mod stamps;
mod subject;
mod taken;
#[rustfmt::skip]
mod unique;
mod values;
mod world;
mod writers;

use concurrency::Dice;
use operations::{create, delete, local, object, operation, system_update, update};
use world::{World, caller, heard};

/// Each function as a test on memory and on SQLite.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod in_memory {
            $(#[test] fn $name() { super::$name(super::super::World::new(crate::storage::memory::MemoryStorage::default())); })+
        }
        mod in_sqlite {
            $(#[test] fn $name() {
                let folder = tempfile::tempdir().unwrap();
                let database = crate::storage::sqlite::SqliteDatabase::open(&folder.path().join("test.db")).unwrap();
                super::$name(super::super::World::new(database));
            })+
        }
    };
}
pub(super) use on_both;
