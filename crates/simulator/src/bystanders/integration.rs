//! A client of the REST endpoints. It keeps the tags of what it read, and builds on them later: a backup may have been put in
//! place meanwhile, with a word or without.

use holdfast_core::record::RecordKey;
use holdfast_server::storage::model::{HistoryEntry, StoredRecord};
use serde_json::json;

use super::caller;
use crate::{
    hostile::Verb,
    invariants::{self, Broken},
    rng::Seeded,
    server::{Server, rest::RestRequest},
    story::Story,
};

const MATCHED: &str = "a tag of a lost history never matches";

/// Tags that it keeps.
const KEPT: usize = 24;

/// A tag, and the version that the server had when it gave it.
#[derive(Debug, Clone)]
struct Kept {
    key: RecordKey,
    tag: String,
    version: Option<HistoryEntry>,
}

#[derive(Debug, Default)]
pub(super) struct Integration {
    kept: Vec<Kept>,
}

impl Integration {
    /// Reads a job, looks whether one has changed, or changes one.
    pub fn turn(
        &mut self,
        server: &mut Server,
        rng: &Seeded,
        text: impl Fn() -> String,
        now: u64,
        story: &Story,
    ) -> Option<Broken> {
        let choice = rng.below(10);
        let Some(kept) = rng.pick(&self.kept).filter(|_| choice >= 4).cloned() else {
            self.read(server, rng, now);
            return None;
        };
        let path = format!("/api/v1/jobs/{}", kept.key.entity_id);
        let body = json!({ "title": text() }).to_string();
        let by_tag = RestRequest {
            if_match: Some(&kept.tag),
            ..RestRequest::get(&path)
        };
        let request = match choice {
            4..6 => RestRequest {
                if_none_match: Some(&kept.tag),
                ..RestRequest::get(&path)
            },
            6..9 => RestRequest {
                verb: Verb::Patch,
                body: Some(&body),
                ..by_tag
            },
            _ => RestRequest {
                verb: Verb::Delete,
                ..by_tag
            },
        };
        // The change may make the version that the tag names part of the past; that it was there counts.
        let there = version_of(server, &kept.key, &kept.tag) == kept.version;
        // A write to a deleted record is taken for one that came late: no tag is looked at, and nothing is overwritten.
        let is_kept = |record: &StoredRecord| kept.key == RecordKey::new(&record.entity, &record.id);
        let records = invariants::all_records(server);
        let gone =
            request.verb != Verb::Get && !records.iter().any(|record| is_kept(record) && !record.deleted);
        let answer = server.rest(&caller(server, "integration"), &request, now);
        story.tell("REST", || {
            format!("{request:?} -> {} {:?}", answer.status, answer.tag)
        });
        if let Some(tag) = answer.tag {
            self.keep(server, kept.key.clone(), tag);
        }
        // What is wrong with the change itself is looked at once the tag was good.
        let matched = match request.verb {
            Verb::Get => answer.status == 304,
            _ => matches!(answer.status, 200 | 204 | 409 | 422),
        };
        let what = || {
            format!(
                "{} of {}: {request:?} was answered {}",
                kept.tag, kept.key, answer.status
            )
        };
        (matched && !there && !gone).then(|| Broken::new(MATCHED, what()))
    }

    fn read(&mut self, server: &mut Server, rng: &Seeded, now: u64) {
        let mut jobs = invariants::all_records(server);
        jobs.retain(|record| record.entity == "job");
        let Some(job) = rng.pick(&jobs) else { return };
        let path = format!("/api/v1/jobs/{}", job.id);
        let answer = server.rest(&caller(server, "integration"), &RestRequest::get(&path), now);
        if let Some(tag) = answer.tag {
            self.keep(server, RecordKey::new("job", &job.id), tag);
        }
    }

    fn keep(&mut self, server: &Server, key: RecordKey, tag: String) {
        let version = version_of(server, &key, &tag);
        if self.kept.len() >= KEPT {
            self.kept.remove(0);
        }
        self.kept.push(Kept { key, tag, version });
    }
}

/// The version that a tag names, as the server has it now: its number is the last part.
fn version_of(server: &Server, key: &RecordKey, tag: &str) -> Option<HistoryEntry> {
    let number = tag.trim_matches('"').rsplit('.').next()?.parse::<u64>().ok()?;
    let history = invariants::history(server, (&key.entity_type, &key.entity_id));
    history.into_iter().find(|entry| entry.version == number)
}
