//! A write that is made step by step, as its pack declares. Where somebody stands and what they typed is kept: a lock, a
//! reload or a killed browser leads back to the same step.

mod opened;
mod page;
mod walking;

use leptos::prelude::*;

use super::form::{RecordForm, missing};
use crate::{
    forms::{Draft, FormState},
    state::{Memo, Session},
};
use opened::Opened;
use page::Page;

/// The page of a new record: a flow, if the pack declares one for it.
pub fn new_record(entity: String) -> AnyView {
    let kind = Session::here().read(|reader| {
        let pack = reader.replica.packs().pack_of(&entity)?;
        pack.flow_of_creation(&entity).map(|flow| flow.kind.clone())
    });
    match kind {
        Some(kind) => view! { <FlowPage entity id=None kind /> }.into_any(),
        None => view! { <RecordForm entity id=None /> }.into_any(),
    }
}

/// A flow over a record, or for a new one.
#[component]
pub fn FlowPage(entity: String, id: Option<String>, kind: String) -> AnyView {
    let session = Session::here();
    let found = session.read(|reader| Opened::find(session, reader, &entity, id.as_deref(), &kind));
    let Some(opened) = found else { return missing() };
    let place = opened.place();
    let kept = session.drafts.unsaved(&place, |draft| {
        session.read(|reader| opened.is_saved(reader, draft))
    });
    // What was begun can be finished, or at least read, whatever became of the record meanwhile.
    if !opened.is_offered && kept.is_none() {
        return missing();
    }
    let had_draft = kept.is_some();
    let form = FormState::new(kept.unwrap_or_else(|| opened.fresh.clone()));
    let (walk, fresh) = (StoredValue::new(opened.walk), StoredValue::new(opened.fresh));
    let standing = Memo::new(move |_| {
        form.draft
            .with(|draft| walk.with_value(|walk| walk.standing(draft)))
    });
    let unsaved = move || {
        let draft = form.draft.get();
        let typed = fresh.with_value(|fresh| draft.changed() != fresh.changed());
        let begun = typed || standing.with(|standing| standing.place() > 0);
        (begun && draft != Draft::default()).then_some(draft)
    };
    session.drafts.follow(place, unsaved);
    let page = Page {
        session,
        walk,
        form,
        standing,
        held: RwSignal::new(false),
        busy: RwSignal::new(false),
        walked: RwSignal::new(false),
        key: StoredValue::new(opened.key),
    };
    page.draw(fresh, had_draft)
}
