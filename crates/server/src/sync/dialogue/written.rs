//! What answers to writes say of records, against what the open answers to pulls say.

use super::{Answer, Dialogue, Effect, said};
use crate::storage::model::Membership;
use crate::storage::port::{Result, Transaction};

/// What the answer to a write says of a record.
#[derive(Debug)]
pub(in crate::sync) struct Said {
    entity: String,
    id: String,
    /// Held or doubted.
    effect: Effect,
}

impl Said {
    fn new(entity: &str, id: &str, effect: Effect) -> Self {
        Self {
            entity: entity.to_owned(),
            id: id.to_owned(),
            effect,
        }
    }

    /// What holds instead of what a page's answer said, if anything else does.
    fn instead_of(&self, before: Option<Effect>) -> Option<Effect> {
        match self.effect {
            // What the page did not give is not there to be doubted.
            Effect::Doubted if before != Some(Effect::Held) => None,
            effect => Some(effect).filter(|_| before != Some(effect)),
        }
    }
}

/// Notes that a device holds a record because it wrote it. The open answers are to be told ([`amend`]).
pub(in crate::sync) fn hold(tx: &mut dyn Transaction, device: &str, entity: &str, id: &str) -> Result<Said> {
    if tx.membership(device, entity, id)? != Some(Membership::Held) {
        tx.put_membership(device, entity, id, Membership::Held)?;
    }
    Ok(Said::new(entity, id, Effect::Held))
}

/// Notes that a device is to drop a record because a write to it is answered so. The answer may be lost, and the write
/// discarded before it is sent again: the device holds the record then. The open answers are to be told ([`amend`]).
pub(in crate::sync) fn doubt(tx: &mut dyn Transaction, device: &str, entity: &str, id: &str) -> Result<Said> {
    if tx.membership(device, entity, id)? == Some(Membership::Held) {
        tx.put_membership(device, entity, id, Membership::Doubted)?;
    }
    Ok(Said::new(entity, id, Effect::Doubted))
}

/// A device writes after the pages it has stored: what the answers to its writes say of records, in the order of the
/// writes, outlasts what the pages' open answers say. Read and written once for a whole batch: an answer to a first sync
/// names a thousand records.
pub(in crate::sync) fn amend(tx: &mut dyn Transaction, device: &str, said: &[Said]) -> Result<()> {
    if said.is_empty() {
        return Ok(());
    }
    for (entity_set, text) in tx.dialogues(device)? {
        let mut dialogue = Dialogue::parse(&text)?;
        let mut changed = false;
        for answer in &mut dialogue.open {
            for said in said {
                let ids = answer.effects.get(&said.entity);
                let before = ids.and_then(|ids| ids.get(&said.id)).copied();
                if let Some(effect) = said.instead_of(before) {
                    let ids = answer.effects.entry(said.entity.clone()).or_default();
                    ids.insert(said.id.clone(), effect);
                    changed = true;
                }
            }
        }
        if changed {
            dialogue.store(tx, device, &entity_set)?;
        }
    }
    Ok(())
}

/// What was said to a device and not confirmed yet, read once for many questions.
#[derive(Debug)]
pub(in crate::sync) struct OpenAnswers(Vec<Dialogue>);

impl OpenAnswers {
    pub fn of(tx: &dyn Transaction, device: &str) -> Result<Self> {
        let dialogues = tx.dialogues(device)?;
        let read = dialogues.values().map(|text| Dialogue::parse(text));
        read.collect::<Result<_>>().map(Self)
    }

    /// Whether the device holds a record, whichever of the answers it got.
    pub fn surely_held(&self, tx: &dyn Transaction, device: &str, entity: &str, id: &str) -> Result<bool> {
        if tx.membership(device, entity, id)? != Some(Membership::Held) {
            return Ok(false);
        }
        let leaves = |answer: &Answer| said(answer, entity, id).is_some_and(|effect| effect != Effect::Held);
        Ok(!self.0.iter().flat_map(|dialogue| &dialogue.open).any(leaves))
    }
}
