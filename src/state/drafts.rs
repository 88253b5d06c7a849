use std::sync::Arc;

use holdfast_browser::{client::Client, clock::PlatformClock};
use holdfast_core::{ports::Clock, record::RecordKey};
use leptos::{prelude::*, task::spawn_local};

use super::Toasts;
use crate::{
    forms::{Draft, FormState},
    strings::records as words,
};

/// Typing rests for so long before it is kept, in milliseconds.
const REST_MS: u64 = 300;

/// How often, and every how many milliseconds, is looked whether everything is kept: a second, and a lock waits no longer.
const MOST_LOOKS: u32 = 100;
const LOOK_AGAIN_MS: u64 = 10;

/// What a form holds beyond what it began with, if anything.
type Unsaved = Arc<dyn Fn() -> Option<Draft> + Send + Sync>;

/// What was typed and is not saved, by place (`work-order/WO-1`): as long as a form is open, and after it was left. What is
/// typed is content, so it is kept on the device sealed: a lock, a reload or a killed browser loses none of it.
#[derive(Debug, Clone, Copy)]
pub struct Drafts {
    all: RwSignal<Vec<(String, Draft)>>,
    /// The places of which the device does not know yet what holds now.
    unkept: StoredValue<Vec<String>>,
    /// Whether somebody's data is open: forms that go with a lock change nothing any more.
    open: StoredValue<bool>,
    waiting: StoredValue<bool>,
    keeping: StoredValue<bool>,
    client: StoredValue<Client, LocalStorage>,
    toasts: Toasts,
}

impl Drafts {
    pub(super) fn new(client: StoredValue<Client, LocalStorage>, toasts: Toasts) -> Self {
        Self {
            all: RwSignal::default(),
            unkept: StoredValue::default(),
            open: StoredValue::new(false),
            waiting: StoredValue::new(false),
            keeping: StoredValue::new(false),
            client,
            toasts,
        }
    }

    /// What was typed here before.
    pub fn kept(self, place: &str) -> Option<Draft> {
        let place = self.present(place);
        self.all
            .with_untracked(|all| all.iter().find(|(at, _)| self.present(at) == place).cloned())
            .map(|(_, draft)| draft)
    }

    /// The places where something was typed and not saved, each with the step of a flow that somebody stands at. Followed.
    pub fn places(self) -> Vec<(String, Option<String>)> {
        let told = |(place, draft): &(String, Draft)| (place.clone(), draft.step().map(str::to_owned));
        self.all.with(|all| all.iter().map(told).collect())
    }

    /// As [`Self::kept`]; but what turns out to be saved already, in the moment before the browser died, is forgotten.
    pub fn unsaved(self, place: &str, is_saved: impl FnOnce(&Draft) -> bool) -> Option<Draft> {
        let kept = self.kept(place)?;
        if is_saved(&kept) {
            self.note(place, None);
            return None;
        }
        Some(kept)
    }

    /// Keeps what a form holds beyond what it began with.
    pub fn follow_form(self, place: String, form: FormState, fresh: &Draft) {
        let started = fresh.changed();
        self.follow(place, move || {
            form.draft
                .with(|draft| (draft.is_dirty() && draft.changed() != started).then(|| draft.clone()))
        });
    }

    /// Keeps what `unsaved` answers, while its caller lives and after: nothing once it was saved or given up.
    pub fn follow(self, place: String, unsaved: impl Fn() -> Option<Draft> + Send + Sync + 'static) {
        self.follow_any(place, Arc::new(unsaved));
    }

    /// Compiled once for all forms.
    fn follow_any(self, place: String, unsaved: Unsaved) {
        let (here, at_last) = (place.clone(), unsaved.clone());
        Effect::new(move |_| self.note(&here, unsaved()));
        on_cleanup(move || {
            // The data is gone with a lock, and the form's last word with it: it was kept before.
            if self.open.get_value() {
                self.note(&place, untrack(|| at_last()));
            }
        });
    }

    /// Brings what is not kept yet onto the device; returns when all of it is there, or when that takes too long.
    pub async fn keep_now(self) {
        self.keep();
        for _ in 0..MOST_LOOKS {
            if !self.keeping.get_value() {
                return;
            }
            PlatformClock.sleep(LOOK_AGAIN_MS).await;
        }
    }

    /// Begins to bring what is not kept yet onto the device, one after the other.
    fn keep(self) {
        if !self.keeping.get_value() {
            self.keeping.set_value(true);
            spawn_local(self.keep_all());
        }
    }

    async fn keep_all(self) {
        while let Some(place) = self.unkept.try_update_value(Vec::pop).flatten() {
            let Some(data) = self.client.with_value(Client::session) else {
                break;
            };
            let exactly = |all: &Vec<(String, Draft)>| all.iter().find(|(at, _)| *at == place).cloned();
            let text = self
                .all
                .with_untracked(exactly)
                .map(|(_, draft)| draft.to_text(&place));
            let kept = data.drafts().keep(&place, text.as_deref()).await;
            if kept.is_err() && !data.is_closed() && !data.is_removed() {
                self.toasts.say(words::DRAFT_NOT_KEPT.to_owned());
            }
        }
        self.keeping.set_value(false);
    }

    /// Begins with what is kept of the person whose data was opened.
    pub(super) async fn load(self) {
        let kept = match self.client.with_value(Client::session) {
            // What does not open is as good as not there.
            Some(data) => data.drafts().all().await.unwrap_or_default(),
            None => Vec::new(),
        };
        let drafts = kept.iter().filter_map(|text| Draft::of_text(text));
        self.all.set(drafts.collect());
        self.open.set_value(true);
    }

    /// Forgets everything: the next one here may be somebody else.
    pub(super) fn close(self) {
        self.open.set_value(false);
        self.all.update(Vec::clear);
        self.unkept.update_value(Vec::clear);
    }

    /// The place by the id that its record has by now.
    fn present(self, place: &str) -> String {
        let (record, part) = place.split_at(place.find('#').unwrap_or(place.len()));
        let data = self.client.with_value(Client::session);
        match (data, record.split_once('/')) {
            (Some(data), Some((entity, id))) => {
                let key = RecordKey::new(entity, id);
                let key = data.read(|snapshot| snapshot.resolve(&key));
                format!("{key}{part}")
            }
            _ => place.to_owned(),
        }
    }

    fn note(self, place: &str, draft: Option<Draft>) {
        if !self.open.get_value() {
            return;
        }
        let place = self.present(place);
        if self.kept(&place) == draft {
            return;
        }
        let saved = draft.is_none();
        let mut unkept = vec![place.clone()];
        self.all.update(|all| {
            // Also what was typed while the record had no number yet.
            all.retain(|(at, _)| {
                let here = self.present(at) == place;
                if here && *at != place {
                    unkept.push(at.clone());
                }
                !here
            });
            all.extend(draft.map(|draft| (place, draft)));
        });
        self.unkept.update_value(|all| {
            all.retain(|at| !unkept.contains(at));
            all.extend(unkept);
        });
        if saved {
            // What is saved must not come back as a draft, to be saved once more.
            self.keep();
        } else if !self.waiting.get_value() {
            self.waiting.set_value(true);
            spawn_local(async move {
                PlatformClock.sleep(REST_MS).await;
                self.waiting.set_value(false);
                self.keep();
            });
        }
    }
}
