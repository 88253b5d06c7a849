//! A write that is made step by step, as its pack declares. Where somebody stands and what they typed is kept: a lock, a
//! reload or a killed browser leads back to the same step.

use holdfast_core::{
    Fields,
    pack::WriteKind,
    plan::Edit,
    record::{FieldError, Operation, RecordKey},
};
use leptos::{html, prelude::*, task::spawn_local};

use super::form::{RecordForm, fields_with_errors, focus_first_error, missing};
use crate::{
    components::{Frame, Show, Tab, button, icon},
    format::{entities::may, value::Reader},
    forms::{
        Draft, FormState, actions_for, asked, filled, root,
        walk::{Held, Standing, Walk},
    },
    routes::of_record,
    state::{Fault, Memo, Session},
    strings::{records as words, shell},
};

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

/// What a flow begins with.
struct Opened {
    walk: Walk,
    /// Of the record; a new one has none.
    key: Option<RecordKey>,
    fresh: Draft,
    /// Whether the pack offers it for the record as it is now.
    is_offered: bool,
}

impl Opened {
    fn find(
        session: Session,
        reader: &Reader<'_>,
        entity: &str,
        id: Option<&str>,
        kind: &str,
    ) -> Option<Self> {
        let (replica, me) = (reader.replica, session.me_of(reader));
        let pack = replica.packs().pack_of(entity)?;
        let declared = replica.packs().entity(entity)?;
        let wanted = if id.is_some() {
            Operation::Update
        } else {
            Operation::Create
        };
        let fits =
            |found: &&WriteKind| found.name == kind && found.entity == entity && found.operation == wanted;
        let walk = Walk {
            entity: declared.clone(),
            kind: pack.kinds.iter().find(fits)?.clone(),
            flow: pack.flow(kind)?.clone(),
            me: me.clone(),
            now: reader.now,
        };
        let asked = walk.all_fields();
        let new_id = uuid::Uuid::new_v4().to_string();
        let Some(id) = id else {
            let mut fresh = Draft::new(declared, &me).making(new_id);
            asked::empty_logs(&mut fresh, &asked);
            let is_offered = may(replica, &me, entity, wanted.name());
            return Some(Self {
                walk,
                key: None,
                fresh,
                is_offered,
            });
        };
        let view = replica.view(&RecordKey::new(entity, id))?;
        let offered = actions_for(pack, declared, &view.fields, &me, reader.now);
        Some(Self {
            is_offered: offered.iter().any(|action| action.kind == kind),
            fresh: asked::draft(view.fields.into_owned(), &asked, new_id),
            key: Some(view.key),
            walk,
        })
    }

    fn place(&self) -> String {
        match &self.key {
            Some(key) => format!("{key}#{}", self.walk.kind.name),
            None => format!("{}/new", self.walk.entity.name),
        }
    }

    /// Whether a kept draft was saved in the moment before the browser died.
    fn is_saved(&self, reader: &Reader<'_>, draft: &Draft) -> bool {
        match &self.key {
            Some(key) => {
                let typed = draft.changed() != self.fresh.changed();
                let view = reader.replica.view(key);
                typed && view.is_some_and(|view| asked::is_said(draft, &self.walk.all_fields(), &view.fields))
            }
            None => draft.makes().is_some_and(|id| {
                let key = RecordKey::new(&self.walk.entity.name, id);
                reader.replica.view(&key).is_some()
            }),
        }
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
    let unsaved = move || {
        let draft = form.draft.get();
        let begun =
            fresh.with_value(|fresh| draft.changed() != fresh.changed() || draft.step() != fresh.step());
        (begun && draft != Draft::default()).then_some(draft)
    };
    session.drafts.follow(place, unsaved);
    let standing = Memo::new(move |_| {
        form.draft
            .with(|draft| walk.with_value(|walk| walk.standing(draft)))
    });
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

#[derive(Debug, Clone, Copy)]
struct Page {
    session: Session,
    walk: StoredValue<Walk>,
    form: FormState,
    standing: Memo<Standing>,
    /// Whether somebody wanted to go on and the step's condition did not hold.
    held: RwSignal<bool>,
    busy: RwSignal<bool>,
    /// Whether somebody went from one step to another: then the focus goes to the step's heading.
    walked: RwSignal<bool>,
    key: StoredValue<Option<RecordKey>>,
}

impl Page {
    fn title(self) -> String {
        self.walk.with_value(|walk| match walk.kind.operation {
            Operation::Create => words::new_record(&walk.entity.title),
            _ => walk.kind.label.clone(),
        })
    }

    /// Where it came from.
    fn origin(self) -> String {
        let list = || {
            self.walk
                .with_value(|walk| format!("/records/{}", walk.entity.name))
        };
        self.key
            .with_value(|key| key.as_ref().map_or_else(list, of_record))
    }

    fn draw(self, fresh: StoredValue<Draft>, had_draft: bool) -> AnyView {
        let form = self.form;
        let again = RwSignal::new(0_u32);
        let reset = move |_| {
            form.draft.set(fresh.get_value());
            self.held.set(false);
            again.update(|count| *count += 1);
        };
        let step = Memo::new(move |_| self.standing.with(|standing| standing.step));
        let body = move || {
            again.track();
            self.step(step.get())
        };
        let back = Signal::stored(Some((self.origin(), shell::BACK.to_owned())));
        let submit = move |event: leptos::ev::SubmitEvent| {
            event.prevent_default();
            self.go_on();
        };
        view! {
            <Frame title=self.title() tab=Tab::Work back task=Signal::stored(true)>
                <main class="screen screen--acting" id="main">
                    <form class="section stack stack--wide" id="flow-form" autocomplete="off" novalidate on:submit=submit>
                        {self.progress()}
                        <Show when=move || had_draft && again.get() == 0>
                            <div class="notice" data-tone="info">
                                {icon("edit")} <p class="notice__text">{words::DRAFT_KEPT}</p>
                                <div class="notice__actions">{button("button", words::START_OVER, reset)}</div>
                            </div>
                        </Show>
                        {body}
                    </form>
                    {self.actions(fresh)}
                </main>
            </Frame>
        }
        .into_any()
    }

    /// How far somebody has come.
    fn progress(self) -> AnyView {
        let at = move || {
            self.standing
                .with(|standing| (standing.place() + 1, standing.walked.len()))
        };
        let label = move || {
            let (at, all) = at();
            words::step_of(at, all)
        };
        view! {
            <div class="progress">
                <div class="progress__label"><span role="status">{label}</span></div>
                <progress class="bar" aria-label=self.title() value=move || at().0.to_string() max=move || at().1.max(1).to_string()></progress>
            </div>
        }
        .into_any()
    }

    fn step(self, at: usize) -> AnyView {
        let heading = NodeRef::<html::H2>::new();
        let walked = self.walked;
        heading.on_load(move |element| {
            if walked.get_untracked() {
                // Of no consequence if the element cannot be focused.
                let _ = element.focus();
            }
        });
        let (step, fields) = self
            .walk
            .with_value(|walk| (walk.step(at).clone(), walk.fields(at)));
        let blocked = move || {
            let ready = self
                .form
                .draft
                .with(|draft| self.walk.with_value(|walk| walk.is_ready(at, draft)));
            self.held.get() && !ready
        };
        let not_ready = step.not_ready.unwrap_or_default();
        view! {
            <div class="stack">
                <h2 class="section__title" dir="auto" tabindex="-1" node_ref=heading>{step.title}</h2>
                {step.text.map(|text| view! { <p class="prose" dir="auto">{text}</p> }.into_any())}
            </div>
            <Show when=blocked>
                <div class="notice" data-tone="failed" role="alert">{icon("failed")} <p class="notice__text" dir="auto">{not_ready.clone()}</p></div>
            </Show>
            {fields_with_errors(fields, self.form)}
        }
        .into_any()
    }

    fn actions(self, fresh: StoredValue<Draft>) -> AnyView {
        let (form, standing) = (self.form, self.standing);
        let is_last = move || standing.with(|standing| standing.next().is_none());
        let label = move || match is_last() {
            true => self.walk.with_value(|walk| match walk.kind.operation {
                Operation::Create => words::create(&walk.entity.title),
                _ => walk.kind.label.clone(),
            }),
            false => words::NEXT.to_owned(),
        };
        let origin = self.origin();
        let before = move || match standing.with(Standing::before) {
            Some(step) => button("button button--narrow", shell::BACK, move |_| self.go_to(step)),
            None => {
                let give_up = move |_| form.draft.set(fresh.get_value());
                view! { <a class="button button--narrow" href=origin.clone() on:click=give_up>{shell::CANCEL}</a> }.into_any()
            }
        };
        view! {
            <div class="actionbar">
                {before}
                <button class="button button--primary" type="submit" form="flow-form" disabled=move || self.busy.get()>{label}</button>
            </div>
        }
        .into_any()
    }

    fn go_to(self, step: usize) {
        self.held.set(false);
        self.walked.set(true);
        let title = self.walk.with_value(|walk| walk.step(step).title.clone());
        self.form.draft.update(|draft| draft.go_to(&title));
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }

    /// To the next step, or to the write; to what is still wrong otherwise.
    fn go_on(self) {
        let standing = self.standing.get_untracked();
        let mut left = Ok(());
        self.form.draft.update(|draft| {
            left = self.walk.with_value(|walk| walk.leave(standing.step, draft));
        });
        self.held.set(left == Err(Held::NotReady));
        match (left, standing.next()) {
            (Err(_), _) => focus_first_error(),
            (Ok(()), Some(step)) => self.go_to(step),
            (Ok(()), None) => self.save(),
        }
    }

    fn save(self) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            match self.session.edit(self.written()).await {
                Ok(edited) => {
                    self.form.draft.set(Draft::default());
                    self.session.go_instead(&of_record(&edited.key));
                }
                Err(Fault::Fields(errors)) => {
                    self.refused(errors);
                }
                Err(fault) => self.session.toasts.say(fault.to_string()),
            }
            self.busy.set(false);
        });
    }

    /// Back to the first step that asked for what is wrong.
    fn refused(self, errors: Vec<FieldError>) {
        let named: Vec<&str> = errors.iter().map(|error| root(&error.field)).collect();
        let step = self
            .form
            .draft
            .with_untracked(|draft| self.walk.with_value(|walk| walk.step_of(draft, &named)));
        if let Some(step) = step {
            self.go_to(step);
        }
        self.form.draft.update(|draft| draft.refuse(errors));
        focus_first_error();
    }

    /// What the steps asked for, and what the kind sets.
    fn written(self) -> Edit {
        let (mut fields, seen, makes) = self.form.draft.with_untracked(|draft| {
            let values = self.walk.with_value(|walk| walk.values(draft));
            (
                values,
                draft.seen().clone(),
                draft.makes().unwrap_or_default().to_owned(),
            )
        });
        let (entity, kind) = self
            .walk
            .with_value(|walk| (walk.entity.name.clone(), walk.kind.clone()));
        let set: Fields = self
            .session
            .read(|reader| filled(&kind.set, &self.session.me_of(reader), reader.now));
        fields.extend(set);
        let key = self.key.get_value();
        Edit {
            operation: kind.operation,
            seen: key.is_some().then_some(seen),
            key: key.unwrap_or_else(|| RecordKey::new(entity, makes)),
            fields,
            kind: Some(kind.name),
        }
    }
}
