//! What the records need before anybody asks for them.

use chrono::{SubsecRound, Utc};
use holdfast_core::Timestamp;
use holdfast_core::pack::Packs;
use holdfast_core::protocol::Me;
use holdfast_core::system;

use super::target::Target;
use crate::identity::IdentityError;
use crate::packs::demo::{self, DemoError};
use crate::randomness::SystemRng;
use crate::records::{epoch, people, starts, unique_keys};
use crate::storage::port::StorageError;

#[derive(Debug, thiserror::Error)]
pub(super) enum PrepareError {
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Demo(#[from] DemoError),
}

/// The time, in the milliseconds that the store keeps.
pub(super) fn now() -> Timestamp {
    Utc::now().trunc_subsecs(3)
}

/// Makes the keys of unique values anew where a pack compares them in another way than when they were made. Reports
/// records that share a value then; each keeps it until somebody changes it.
pub(super) fn unique_keys(target: Target<'_>, packs: &Packs) -> Result<(), PrepareError> {
    let shared = target.write(|tx| unique_keys::keep(tx, packs).map_err(PrepareError::from))?;
    for one in shared.named {
        tracing::warn!(
            entity = one.entity,
            field = one.set,
            record = one.id,
            same_as = one.other,
            "two records share a value that must be unique; both stay, change one of them"
        );
    }
    if shared.unnamed > 0 {
        tracing::warn!("{} more records share values that must be unique", shared.unnamed);
    }
    Ok(())
}

/// Checks that an import may write these entities, and persons, beside a server that may be running on the same database.
/// Changes nothing where it may not.
pub(super) fn keys_for_import(
    target: Target<'_>,
    packs: &Packs,
    entities: &[&str],
) -> Result<(), PrepareError> {
    let entities = [entities, &[people::PERSON, system::USER]].concat();
    target.write(|tx| unique_keys::begin_import(tx, packs, &entities).map_err(PrepareError::from))
}

/// Brings the records of persons up to date with all accounts, so that work can be given to those who never signed in.
pub(super) fn people(target: Target<'_>, packs: &Packs) -> Result<(), PrepareError> {
    let users = target.read(|tx| tx.identity().users())?;
    target.write(|tx| {
        users.into_iter().try_for_each(|user| {
            let me = Me {
                user_id: user.id,
                username: user.username,
                display_name: user.display_name,
                roles: user.roles,
                sites: user.sites,
                scopes: Vec::new(),
                device: None,
            };
            people::keep(tx, packs, &me, now()).map_err(PrepareError::from)
        })
    })
}

/// Notes that the server starts: what it issues from now on names this start.
pub(super) fn start(target: Target<'_>) -> Result<(), PrepareError> {
    target.write(|tx| {
        starts::begin(tx, &SystemRng)
            .map(drop)
            .map_err(PrepareError::from)
    })
}

/// Begins a new epoch: the database was restored, and devices may know more than it does.
pub(super) fn new_epoch(target: Target<'_>, packs: &Packs) -> Result<(), PrepareError> {
    let entities: Vec<&str> = packs.entities().map(|(_, entity)| entity.name.as_str()).collect();
    let epoch = target.write(|tx| epoch::renew(tx, &SystemRng, &entities).map_err(PrepareError::from))?;
    tracing::info!(
        epoch,
        "a new epoch begins: every device syncs anew and offers what it was told was accepted"
    );
    Ok(())
}

/// Puts the demo records there that are missing.
pub(super) fn demo(target: Target<'_>, packs: &Packs) -> Result<(), PrepareError> {
    let seeded = demo::seed(target.database, target.organisation, packs, now())?;
    if seeded > 0 {
        tracing::info!("{seeded} demo records are ready");
    }
    Ok(())
}
