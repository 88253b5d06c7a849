use holdfast_core::{
    pack::{Entity, Field},
    plan::Edit,
    record::{Operation, RecordKey},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    components::{Empty, FieldInput, Frame, Show, Tab, button, icon},
    format::value::short_id,
    forms::{Draft, FormState, editable},
    lines,
    routes::of_record,
    state::{Fault, Session},
    strings::{PRODUCT, records as words, shell},
};

/// The form of a record that is there, or of a new one. What is typed stays until it is saved or given up: a step to
/// another page, an error and an update of the app leave it alone.
#[component]
pub fn RecordForm(
    entity: String,
    /// Of the record; a new one has none.
    id: Option<String>,
) -> AnyView {
    let session = Session::here();
    let (asked, new) = (id.clone(), id.is_none());
    let key = RecordKey::new(&entity, asked.clone().unwrap_or_default());
    let Some((declared, fresh)) = declared_and_draft(session, &key, new) else {
        return missing();
    };
    let Started {
        form,
        fresh,
        had_draft,
    } = start(session, &key, new, fresh);
    let operation = if new { Operation::Create } else { Operation::Update };
    let (title, submit_label) = titles(&declared, &key, new);
    let back = if new {
        format!("/records/{entity}")
    } else {
        of_record(&key)
    };
    let cancel = back.clone();
    let busy = RwSignal::new(false);
    let submit = submission(session, form, key, operation, busy);
    let start_over = StoredValue::new(fresh);
    let again = RwSignal::new(0_u32);
    let give_up = Callback::new(move |()| form.draft.set(start_over.get_value()));
    let reset = Callback::new(move |()| {
        give_up.run(());
        again.update(|count| *count += 1);
    });
    let declared = StoredValue::new(declared);
    let back = Signal::stored(Some((back, shell::BACK.to_owned())));
    view! {
        <Frame title tab=Tab::Work back task=Signal::stored(true)>
            <main class="screen screen--acting" id="main">
                <form
                    class="section stack stack--wide"
                    id="record-form"
                    autocomplete="off"
                    novalidate
                    on:submit=move |event| {
                        event.prevent_default();
                        submit.run(());
                    }
                >
                    {new
                        .then(|| {
                            view! { <p class="fresh">{icon("device")} {words::KEPT_AT_ONCE}</p> }.into_any()
                        })}
                    <Show when=move || had_draft && again.get() == 0>{draft_kept(reset)}</Show>
                    {move || {
                        again.track();
                        declared.with_value(|entity| inputs(entity, form, operation))
                    }}
                </form>
                {action_bar(cancel, give_up, submit_label, busy)}
            </main>
        </Frame>
    }
    .into_any()
}

/// The entity and the draft that its form starts with; none if either is unknown here.
fn declared_and_draft(session: Session, key: &RecordKey, new: bool) -> Option<(Entity, Draft)> {
    session.read(|reader| {
        let declared = reader.replica.packs().entity(&key.entity_type)?.clone();
        let seen = if new {
            None
        } else {
            Some(reader.replica.view(key)?.fields.into_owned())
        };
        let draft = seen.map_or_else(|| Draft::new(&declared, &session.me_of(reader)), Draft::of);
        Some((declared, draft))
    })
}

/// Saves the form; once at a time.
fn submission(
    session: Session,
    form: FormState,
    key: RecordKey,
    operation: Operation,
    busy: RwSignal<bool>,
) -> Callback<()> {
    Callback::new(move |()| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let key = key.clone();
        spawn_local(async move {
            save(session, form, key, operation).await;
            busy.set(false);
        });
    })
}

/// A form, and what it starts over with.
struct Started {
    form: FormState,
    fresh: Draft,
    /// Whether something was typed before and not saved.
    had_draft: bool,
}

fn start(session: Session, key: &RecordKey, new: bool, fresh: Draft) -> Started {
    let (place, fresh) = if new {
        (
            format!("{}/new", key.entity_type),
            fresh.making(uuid::Uuid::new_v4().to_string()),
        )
    } else {
        (key.to_string(), fresh)
    };
    let kept = session
        .drafts
        .unsaved(&place, |draft| is_saved(session, key, new, draft));
    let had_draft = kept.is_some();
    let form = FormState::new(kept.unwrap_or_else(|| fresh.clone()));
    session.drafts.follow_form(place, form, &fresh);
    Started {
        form,
        fresh,
        had_draft,
    }
}

/// The page's title, and the label of the button that saves.
fn titles(declared: &Entity, key: &RecordKey, new: bool) -> (String, String) {
    if new {
        (words::new_record(&declared.title), words::create(&declared.title))
    } else {
        (
            words::edit_title(short_id(&key.entity_id)),
            words::SAVE.to_owned(),
        )
    }
}

/// Whether the record already says what the draft says.
fn is_saved(session: Session, key: &RecordKey, new: bool, draft: &Draft) -> bool {
    session.read(|reader| match draft.makes() {
        Some(id) => reader
            .replica
            .view(&RecordKey::new(&key.entity_type, id))
            .is_some(),
        None => {
            !new && reader
                .replica
                .view(key)
                .is_some_and(|view| draft.is_said_by(&view.fields))
        }
    })
}

/// Says that an unsaved draft is shown, with the button that starts over.
fn draft_kept(reset: Callback<()>) -> AnyView {
    view! {
        <div class="notice" data-tone="info">
            {icon("edit")}
            <p class="notice__text">{words::DRAFT_KEPT}</p>
            <div class="notice__actions">{button("button", words::START_OVER, move |_| reset.run(()))}</div>
        </div>
    }
    .into_any()
}

fn action_bar(cancel: String, give_up: Callback<()>, submit_label: String, busy: RwSignal<bool>) -> AnyView {
    view! {
        <div class="actionbar">
            <a class="button button--narrow" href=cancel on:click=move |_| give_up.run(())>
                {shell::CANCEL}
            </a>
            <button
                class="button button--primary"
                type="submit"
                form="record-form"
                disabled=move || busy.get()
            >
                {submit_label}
            </button>
        </div>
    }
    .into_any()
}

pub fn missing() -> AnyView {
    view! {
        <Frame title=PRODUCT.to_owned() tab=Tab::Work>
            <main class="screen" id="main">
                <Empty symbol="alert" title=words::NO_RECORD text=words::NO_RECORD_TEXT />
            </main>
        </Frame>
    }
    .into_any()
}

/// The inputs of an entity's form, and above them what is wrong.
fn inputs(entity: &Entity, form: FormState, operation: Operation) -> AnyView {
    let page = lines::page_of(&entity.name).filter(|_| operation == Operation::Update);
    let tapped = page.map_or(&[][..], |page| page.tapped);
    let session = Session::here();
    let roles = session.read(|reader| session.me_of(reader).roles);
    let fields: Vec<_> = editable(entity, operation, tapped, &roles)
        .into_iter()
        .cloned()
        .collect();
    fields_with_errors(fields, form)
}

/// Inputs, and above them that something is wrong; in words, where it concerns fields that are not among them.
pub fn fields_with_errors(fields: Vec<Field>, form: FormState) -> AnyView {
    let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    let summary = move || {
        form.draft.with(Draft::has_errors).then(|| {
            let others = form.draft.with(|draft| draft.other_errors(&names));
            let line = |text: String| {
                view! {
                    <p class="notice__text" dir="auto">
                        {text}
                    </p>
                }
                .into_any()
            };
            view! {
                <div class="notice" data-tone="failed" role="alert">
                    {icon("failed")}
                    <h2 class="notice__title">{words::LOOK_AGAIN}</h2>
                    {others.into_iter().map(line).collect_view()}
                </div>
            }
            .into_any()
        })
    };
    let input = |field| view! { <FieldInput field form /> }.into_any();
    view! {
        {summary}
        {fields.into_iter().map(input).collect_view()}
    }
    .into_any()
}

async fn save(session: Session, form: FormState, key: RecordKey, operation: Operation) {
    let (fields, seen, makes) = form.draft.with_untracked(|draft| {
        let makes = draft.makes().map(str::to_owned);
        (draft.changed(), draft.seen().clone(), makes)
    });
    let created = operation == Operation::Create;
    let key = if created {
        // A draft of an earlier version of the app has none.
        let id = makes.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        RecordKey::new(key.entity_type, id)
    } else {
        key
    };
    let seen = (!created).then_some(seen);
    let edit = Edit {
        key,
        operation,
        fields,
        seen,
        kind: None,
    };
    match session.edit(edit).await {
        Ok(edited) => {
            form.draft.set(Draft::default());
            session.go_instead(&of_record(&edited.key));
        }
        Err(Fault::Fields(errors)) => {
            form.draft.update(|draft| draft.refuse(errors));
            focus_first_error();
        }
        Err(fault) => session.toasts.say(fault.to_string()),
    }
}

/// Brings the first field that needs another look before the eyes.
pub fn focus_first_error() {
    request_animation_frame(|| {
        use wasm_bindgen::JsCast;
        let found = document()
            .query_selector("[aria-invalid=true], .notice[role=alert]")
            .ok()
            .flatten();
        if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
            element.scroll_into_view();
            // Of no consequence if it is a message, which takes no focus.
            let _ = element.focus();
        }
    });
}
