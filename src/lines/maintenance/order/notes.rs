use leptos::prelude::*;
use serde_json::Value;

use crate::{
    components::{
        Dialog, For, Show, button, icon,
        record::{
            Open, section_button, section_head,
            writing::{TEXT, Writing, entry_id, kept, user, write},
        },
    },
    format::{
        time,
        value::{PERSON, Reader},
    },
    forms::{
        Draft,
        entries::{items, text},
        log,
    },
    state::Session,
    strings::{records as words, shell},
};

/// What was done, in the technician's words; a tap opens it for writing.
#[component]
pub fn Completion(open: Open) -> AnyView {
    let session = Session::here();
    let written = open.field("completionNotes");
    let label = open
        .entity
        .with_value(|entity| entity.field("completionNotes").map(|field| field.label.clone()))
        .unwrap_or_default();
    let heading = label.clone();
    let empty = move || written.with(|text| text.as_str().unwrap_or_default().is_empty());
    let shown = move || {
        if empty() {
            words::NOT_WRITTEN.to_owned()
        } else {
            written.with(|text| text.as_str().unwrap_or_default().to_owned())
        }
    };
    let class = move || {
        if empty() {
            "card prose prose--empty"
        } else {
            "card prose"
        }
    };
    let dialog = Writing::of(session, open, "completionNotes");
    let label = StoredValue::new(label);
    let save = Callback::new(move |(text, _): (String, String)| {
        write(session, open, "completionNotes", dialog, move |_| {
            if text.trim().is_empty() {
                Value::Null
            } else {
                text.into()
            }
        });
    });
    view! {
        <section class="section" aria-labelledby="completion">
            {section_head(
                "completion",
                heading.into_any(),
                Some(section_button(words::EDIT, "edit", move || dialog.begin())),
            )}
            <p class=class dir="auto">
                {shown}
            </p>
        </section>
        <Show when=dialog.shown>
            <WriteDialog
                title=label.get_value()
                label=label.get_value()
                initial=written.get_untracked().as_str().unwrap_or_default().to_owned()
                entry=false
                on_save=save
                dialog
                open
                field="completionNotes"
            />
        </Show>
    }
    .into_any()
}

/// The log of notes: it only grows.
#[component]
pub fn Notes(open: Open) -> AnyView {
    let session = Session::here();
    let list = open.field("notes");
    let notes = session.live(move |reader| list.with(|list| newest_first(reader, list)));
    let dialog = Writing::of(session, open, "notes");
    let save = Callback::new(move |(written, id): (String, String)| {
        let declared = open.entity.with_value(|entity| entity.field("notes").cloned());
        write(session, open, "notes", dialog, move |list| {
            match declared.map(|field| field.kind) {
                Some(holdfast_core::pack::FieldType::Log { key, fields }) => log::append(
                    list,
                    &key,
                    &fields,
                    id,
                    &written,
                    &user(session),
                    session.server_now(),
                ),
                _ => list.clone(),
            }
        });
    });
    view! {
        <section class="section" aria-labelledby="notes">
            {section_head(
                "notes",
                words::NOTES.into_any(),
                Some(section_button(words::ADD_NOTE, "add", move || dialog.begin())),
            )}
            <Show
                when=move || !notes.with(Vec::is_empty)
                fallback=|| view! { <p class="card prose prose--empty">{words::NOT_WRITTEN}</p> }.into_any()
            >
                <ul class="card card--flush">
                    <For each=move || notes.get() key=|note| note.clone() let:note>
                        <li class="labour__item">
                            <span>
                                <span class="prose" dir="auto">
                                    {note.1}
                                </span>
                                <span class="checklist__note" dir="auto">
                                    {note.2}
                                </span>
                            </span>
                        </li>
                    </For>
                </ul>
            </Show>
        </section>
        <Show when=dialog.shown>
            <WriteDialog
                title=words::ADD_NOTE.to_owned()
                label=words::NOTE.to_owned()
                initial=String::new()
                entry=true
                on_save=save
                dialog
                open
                field="notes"
            />
        </Show>
    }
    .into_any()
}

/// A text of several lines. Whatever goes wrong, what was typed stays.
#[component]
fn WriteDialog(
    title: String,
    label: String,
    initial: String,
    /// One entry more of a log, which must say something; otherwise it is the field's text.
    entry: bool,
    /// Given what was written, and an id for it if it becomes an entry.
    on_save: Callback<(String, String)>,
    dialog: Writing,
    open: Open,
    field: &'static str,
) -> AnyView {
    let session = Session::here();
    let kept = kept(session, open, field);
    let id = entry_id(kept.as_ref());
    let before = kept.map_or_else(|| initial.clone(), |draft| draft.text(TEXT));
    let typed = RwSignal::new(before.clone());
    dialog.follow(session, open, field, move || {
        let text = typed.get();
        let draft = Draft::of_texts([(TEXT, text.clone())]);
        (text != initial).then(|| {
            if entry {
                draft.making(id.get_value())
            } else {
                draft
            }
        })
    });
    let wrong = dialog.wrong;
    let on_close = Callback::new(move |()| dialog.end());
    let save = move |_| {
        if entry && typed.with_untracked(|text| text.trim().is_empty()) {
            wrong.set(Some(words::NOTE_EMPTY.to_owned()))
        } else {
            on_save.run((typed.get_untracked(), id.get_value()))
        }
    };
    view! {
        <Dialog
            title
            on_close
            actions=Box::new(move || {
                view! {
                    {button("button button--primary button--large", words::SAVE, save)}
                    {button("button button--large", shell::CANCEL, move |_| on_close.run(()))}
                }
                    .into_any()
            })
        >
            {text_field(label, before, typed, wrong)}
        </Dialog>
    }
    .into_any()
}

/// The notes of a log, the newest first: id, text, and who wrote it when.
fn newest_first(reader: &Reader<'_>, list: &Value) -> Vec<(String, String, String)> {
    let told = items(list).iter().rev().map(|note| {
        let when = time::parse(text(note, "at")).map(|at| time::day_time(at, reader.now, reader.zone));
        let by = reader.title(PERSON, text(note, "by"));
        (
            text(note, "noteId").to_owned(),
            text(note, "text").to_owned(),
            format!("{by} · {}", when.unwrap_or_default()),
        )
    });
    told.collect::<Vec<_>>()
}

/// The text, with what is wrong with it.
fn text_field(
    label: String,
    before: String,
    typed: RwSignal<String>,
    wrong: RwSignal<Option<String>>,
) -> AnyView {
    view! {
        <div class="field">
            <label class="visually-hidden" for="written">
                {label}
            </label>
            <textarea
                class="input"
                dir="auto"
                id="written"
                rows="6"
                autocomplete="off"
                autofocus
                prop:value=before
                aria-describedby="written-error"
                aria-invalid=move || wrong.get().map(|_| "true")
                on:input=move |event| {
                    wrong.set(None);
                    typed.set(event_target_value(&event));
                }
            ></textarea>
            <p class="field__error" id="written-error" role="alert">
                {move || {
                    wrong
                        .get()
                        .map(|why| {
                            view! {
                                {icon("failed")}
                                {why}
                            }
                                .into_any()
                        })
                }}
            </p>
        </div>
    }
    .into_any()
}
