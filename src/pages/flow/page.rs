//! What is drawn of a flow.

use holdfast_core::record::{Operation, RecordKey};
use leptos::{html, prelude::*};

use crate::{
    components::{Frame, Show, Tab, button, icon},
    forms::{
        Draft, FormState,
        walk::{Standing, Walk},
    },
    pages::form::fields_with_errors,
    routes::of_record,
    state::{Memo, Session},
    strings::{records as words, shell},
};

#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub session: Session,
    pub walk: StoredValue<Walk>,
    pub form: FormState,
    pub standing: Memo<Standing>,
    /// Whether somebody wanted to go on and the step's condition did not hold.
    pub held: RwSignal<bool>,
    pub busy: RwSignal<bool>,
    /// Whether somebody went from one step to another: then the focus goes to the step's heading.
    pub walked: RwSignal<bool>,
    pub key: StoredValue<Option<RecordKey>>,
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

    pub fn draw(self, fresh: StoredValue<Draft>, had_draft: bool) -> AnyView {
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
                    <form
                        class="section stack stack--wide"
                        id="flow-form"
                        autocomplete="off"
                        novalidate
                        on:submit=submit
                    >
                        {self.progress()}
                        <Show when=move || had_draft && again.get() == 0>
                            <div class="notice" data-tone="info">
                                {icon("edit")}
                                <p class="notice__text">{words::DRAFT_KEPT}</p>
                                <div class="notice__actions">
                                    {button("button", words::START_OVER, reset)}
                                </div>
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
                <div class="progress__label">
                    <span role="status">{label}</span>
                </div>
                <progress
                    class="bar"
                    aria-label=self.title()
                    value=move || at().0.to_string()
                    max=move || at().1.max(1).to_string()
                ></progress>
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
                <h2 class="section__title" dir="auto" tabindex="-1" node_ref=heading>
                    {step.title}
                </h2>
                {step
                    .text
                    .map(|text| {
                        view! {
                            <p class="prose" dir="auto">
                                {text}
                            </p>
                        }
                            .into_any()
                    })}
            </div>
            <Show when=blocked>
                <div class="notice" data-tone="failed" role="alert">
                    {icon("failed")}
                    <p class="notice__text" dir="auto">
                        {not_ready.clone()}
                    </p>
                </div>
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
                view! {
                    <a class="button button--narrow" href=origin.clone() on:click=give_up>
                        {shell::CANCEL}
                    </a>
                }
                .into_any()
            }
        };
        view! {
            <div class="actionbar">
                {before}
                <button
                    class="button button--primary"
                    type="submit"
                    form="flow-form"
                    disabled=move || self.busy.get()
                >
                    {label}
                </button>
            </div>
        }
        .into_any()
    }
}
