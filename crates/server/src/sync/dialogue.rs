//! What was said to a device, and what it is known to have heard.
//!
//! An answer to a pull changes nothing by itself: it may never arrive. What it would change of the device's memberships
//! is kept beside them under the answer's cursor, and becomes true when the device presents that cursor, for a device
//! stores a page and its cursor in one commit. The other answers to the same question are forgotten then: they were
//! lost, or given to a late copy of the question.
//!
//! So a question may be asked any number of times, and arrive in any order:
//!
//! | cursor presented | means | what is written |
//! |---|---|---|
//! | none | the device holds nothing, if the answer gets through | the answer, beside the others |
//! | the newest one presented before | the answer was lost, or this is a copy | the answer, beside the others |
//! | of an answer given since | that answer arrived | what it said is true; then the new answer |
//! | any other | the device has moved on: a late copy | nothing; 410 |

mod written;

use std::collections::BTreeMap;

use holdfast_core::protocol::Cursor;
use serde::{Deserialize, Serialize};

use super::{Context, cursors};
use crate::storage::model::Membership;
use crate::storage::port::{Result, StorageError, Transaction};
pub(super) use written::{OpenAnswers, Said, amend, doubt, hold};

/// Answers that wait for their cursor. More come only of a storm of repeats; if the oldest was the one that arrived,
/// the device begins anew.
const OPEN_ANSWERS: usize = 16;

/// What open answers say together, at most: a dialogue is read and written whole. The newest answer is kept in any case.
const OPEN_EFFECTS: usize = 10_000;

/// Sets of entities that a device can follow side by side: each write is told to the answers of all of them. With one
/// more, the set that was answered longest ago is forgotten, and a device that follows it begins anew.
pub(super) const ENTITY_SETS: usize = 8;

/// What an answer does to a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Effect {
    Held,
    /// See [`Membership::Doubted`]; never said by a page itself.
    Doubted,
    /// A later page of the walk brings it along.
    Expected,
    Gone,
}

/// By entity, then id.
pub(super) type Effects = BTreeMap<String, BTreeMap<String, Effect>>;

/// An answer that waits for its cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    cursor: String,
    /// For a device that holds nothing of these entities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    afresh: Option<Vec<String>>,
    effects: Effects,
}

impl Answer {
    fn size(&self) -> usize {
        self.effects.values().map(BTreeMap::len).sum()
    }
}

/// What was said about one set of entities.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dialogue {
    /// The newest cursor that the device presented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    presented: Option<String>,
    /// Oldest first.
    open: Vec<Answer>,
    /// The number of the last answer.
    last: u64,
    /// When it was given, in milliseconds since the Unix epoch; 0, if that was before times were noted.
    #[serde(default)]
    answered_at: i64,
}

impl Dialogue {
    fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| StorageError::Inconsistent(format!("a dialogue: {error}")))
    }

    fn of(tx: &dyn Transaction, device: &str, entity_set: &str) -> Result<Self> {
        let dialogues = tx.dialogues(device)?;
        dialogues
            .get(entity_set)
            .map_or_else(|| Ok(Self::default()), |text| Self::parse(text))
    }

    /// Keeps one more answer, and forgets the oldest ones where they become too many.
    fn keep(&mut self, answer: Answer) {
        self.open.push(answer);
        self.forget_beyond(OPEN_EFFECTS);
    }

    /// Forgets the oldest answers, until the others say no more than this together.
    fn forget_beyond(&mut self, effects: usize) {
        let mut size: usize = self.open.iter().map(Answer::size).sum();
        let mut surplus = 0;
        while surplus + 1 < self.open.len() && (self.open.len() - surplus > OPEN_ANSWERS || size > effects) {
            size -= self.open[surplus].size();
            surplus += 1;
        }
        self.open.drain(..surplus);
    }

    fn store(&self, tx: &mut dyn Transaction, device: &str, entity_set: &str) -> Result<()> {
        let text =
            serde_json::to_string(self).map_err(|error| StorageError::Inconsistent(error.to_string()))?;
        tx.put_dialogue(device, entity_set, &text)
    }
}

/// Takes a cursor as the proof that its answer arrived; whether it is the newest that the device has presented.
pub(super) fn present(tx: &mut dyn Transaction, device: &str, cursor: &Cursor) -> Result<bool> {
    let mut dialogue = Dialogue::of(tx, device, &cursor.entity_set)?;
    let presented = cursor.to_string();
    if dialogue.presented.as_ref() == Some(&presented) {
        return Ok(true);
    }
    let Some(at) = dialogue.open.iter().position(|answer| answer.cursor == presented) else {
        return Ok(false);
    };
    let answer = dialogue.open.swap_remove(at);
    // An answer for a device that holds nothing may still arrive, unless this is one.
    dialogue
        .open
        .retain(|other| other.afresh.is_some() && answer.afresh.is_none());
    for entity in answer.afresh.iter().flatten() {
        tx.clear_memberships(device, entity)?;
    }
    for (entity, ids) in &answer.effects {
        for (id, effect) in ids {
            match effect {
                Effect::Held => tx.put_membership(device, entity, id, Membership::Held)?,
                Effect::Doubted => tx.put_membership(device, entity, id, Membership::Doubted)?,
                Effect::Expected => tx.put_membership(device, entity, id, Membership::Expected)?,
                Effect::Gone => tx.drop_membership(device, entity, id)?,
            }
        }
    }
    dialogue.presented = Some(presented);
    dialogue.store(tx, device, &cursor.entity_set)?;
    Ok(true)
}

/// Keeps what an answer says until its cursor is presented, and gives the cursor its number. The same answer given
/// again has the same cursor. `afresh`: the entities of which the answer takes the device to hold nothing.
pub(super) fn answer(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    next: Cursor,
    afresh: Option<Vec<String>>,
    effects: Effects,
) -> Result<Cursor> {
    let device = &cx.caller.device_id;
    let mut dialogue = Dialogue::of(tx, device, &next.entity_set)?;
    for open in &dialogue.open {
        let same = open.afresh == afresh && open.effects == effects;
        let cursor = open.cursor.parse::<Cursor>().ok().filter(|_| same);
        let numbered = |cursor: &Cursor| Cursor {
            answer: cursor.answer,
            start: cursor.start.clone(),
            mac: cursor.mac.clone(),
            ..next.clone()
        };
        if let Some(cursor) = cursor.filter(|cursor| !cursor.is_unsigned() && *cursor == numbered(cursor)) {
            return Ok(cursor);
        }
    }
    dialogue.last += 1;
    let numbered = Cursor {
        answer: dialogue.last,
        ..next
    };
    let cursor = cursors::issue(tx, cx.rng, device, numbered)?;
    dialogue.keep(Answer {
        cursor: cursor.to_string(),
        afresh,
        effects,
    });
    dialogue.answered_at = cx.now.timestamp_millis();
    forget_surplus(tx, device, &cursor.entity_set)?;
    dialogue.store(tx, device, &cursor.entity_set)?;
    Ok(cursor)
}

/// Makes room for a set of entities that the device did not ask for before.
fn forget_surplus(tx: &mut dyn Transaction, device: &str, entity_set: &str) -> Result<()> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answered {
        #[serde(default)]
        answered_at: i64,
    }

    let dialogues = tx.dialogues(device)?;
    if dialogues.contains_key(entity_set) || dialogues.len() < ENTITY_SETS {
        return Ok(());
    }
    let mut by_age = Vec::with_capacity(dialogues.len());
    for (name, text) in &dialogues {
        let answered: Answered = serde_json::from_str(text)
            .map_err(|error| StorageError::Inconsistent(format!("a dialogue: {error}")))?;
        by_age.push((answered.answered_at, name));
    }
    by_age.sort_unstable();
    let surplus = dialogues.len() + 1 - ENTITY_SETS;
    for (_, name) in by_age.into_iter().take(surplus) {
        tx.drop_dialogue(device, name)?;
    }
    Ok(())
}

/// Whether a device that has stored the page of a cursor holds a record; `None` of a cursor that the server does not know (of
/// answers that it lost): the device begins anew when it presents it.
///
/// # Errors
/// If the storage fails.
pub fn held_at(
    tx: &dyn Transaction,
    device: &str,
    cursor: &Cursor,
    entity: &str,
    id: &str,
) -> Result<Option<bool>> {
    let dialogue = Dialogue::of(tx, device, &cursor.entity_set)?;
    let presented = cursor.to_string();
    let open = dialogue.open.iter().find(|answer| answer.cursor == presented);
    if open.is_none() && dialogue.presented != Some(presented) {
        return Ok(None);
    }
    match open.and_then(|answer| said(answer, entity, id)) {
        Some(effect) => Ok(Some(effect == Effect::Held)),
        None => Ok(Some(tx.membership(device, entity, id)? == Some(Membership::Held))),
    }
}

/// What an answer says of a record.
fn said(answer: &Answer, entity: &str, id: &str) -> Option<Effect> {
    let effect = answer.effects.get(entity).and_then(|ids| ids.get(id)).copied();
    let cleared = || answer.afresh.iter().flatten().any(|name| name == entity);
    effect.or_else(|| cleared().then_some(Effect::Gone))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The cursors of the answers about all entities that are kept, if they may say so much together.
    pub fn open_within(tx: &dyn Transaction, device: &str, effects: usize) -> Result<Vec<String>> {
        let mut all: Vec<Dialogue> = Vec::new();
        for text in tx.dialogues(device)?.values() {
            all.push(Dialogue::parse(text)?);
        }
        let [dialogue] = all.as_mut_slice() else {
            panic!("one set of entities");
        };
        dialogue.forget_beyond(effects);
        Ok(dialogue.open.iter().map(|answer| answer.cursor.clone()).collect())
    }
}
