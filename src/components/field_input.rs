use holdfast_core::pack::{Choice, Field, FieldType};
use leptos::prelude::*;
use serde_json::Value;

use super::{ListInput, dialog::unique_id, icon, select::select, wiring::Wiring};
use crate::{
    components::reference_input::{LocationInput, ReferenceInput},
    format::time::{self, Zone},
    forms::{
        FormState,
        number::{self, Separators},
    },
    strings::{records as words, value},
};

/// More choices than this become a drop-down list.
const MOST_SEGMENTS: usize = 4;

/// One field of a form, by the type that the pack declares: label, input, hint, error.
#[component]
pub fn FieldInput(field: Field, form: FormState) -> AnyView {
    let wiring = Wiring {
        id: unique_id(),
        name: field.name.clone(),
        form,
    };
    let grouped = is_group(&field.kind);
    let label = view! {
        {field.label.clone()}
        {field
            .required
            .then(|| {
                view! {
                    " "
                    <span class="field__need">{words::NEEDED}</span>
                }
                    .into_any()
            })}
    }
    .into_any();
    let hint = field.help.clone().map(|help| {
        view! {
            <p class="field__hint" id=format!("{}-hint", wiring.id)>
                {help}
            </p>
        }
        .into_any()
    });
    let described_by = wiring.described_by(hint.is_some());
    let error = field_error(&wiring, &field.label);
    let control = control(&field, &wiring);
    if grouped {
        view! {
            <fieldset class="field" aria-describedby=described_by>
                <legend class="field__label">{label}</legend>
                {control}
                {error}
                {hint}
            </fieldset>
        }
        .into_any()
    } else {
        view! {
            <div class="field">
                <label class="field__label" for=wiring.id.clone()>
                    {label}
                </label>
                {control}
                {error}
                {hint}
            </div>
        }
        .into_any()
    }
}

fn field_error(wiring: &Wiring, label: &str) -> AnyView {
    let Wiring { id, name, form } = wiring.clone();
    let label = label.to_owned();
    let message = move || {
        let message = form.error(&name)?;
        let said = words::wrong(&label, &message);
        Some(
            view! {
                <p class="field__error" id=format!("{id}-error")>
                    {icon("failed")}
                    {said}
                </p>
            }
            .into_any(),
        )
    };
    message.into_any()
}

/// Whether the input is several elements under one heading.
fn is_group(kind: &FieldType) -> bool {
    match kind {
        FieldType::Enum { choices, .. } => choices.len() <= MOST_SEGMENTS,
        FieldType::Set { choices, .. } => !choices.is_empty(),
        FieldType::Datetime
        | FieldType::Object { .. }
        | FieldType::List { .. }
        | FieldType::Location
        | FieldType::Bool => true,
        _ => false,
    }
}

fn control(field: &Field, wiring: &Wiring) -> AnyView {
    let hint = field.help.is_some();
    match &field.kind {
        FieldType::Text { .. } => line(wiring, hint),
        FieldType::LongText { .. } => area(wiring, hint),
        FieldType::Number { .. } | FieldType::Counter => numeric(wiring, hint),
        FieldType::Bool => yes_no(wiring),
        FieldType::Enum { choices, transitions } => {
            let from = wiring.form.draft.with_untracked(|draft| draft.seen().get(&field.name).cloned());
            let from = from.as_ref().and_then(Value::as_str).map(str::to_owned);
            let allowed = |choice: &&Choice| {
                let next = from.as_ref().and_then(|from| transitions.get(from));
                from.as_ref() == Some(&choice.value) || next.is_none_or(|next| next.contains(&choice.value))
            };
            let offered: Vec<Choice> = choices.iter().filter(allowed).cloned().collect();
            if choices.len() <= MOST_SEGMENTS { segments(wiring, offered) } else { select(wiring, hint, offered, field.required) }
        }
        FieldType::Datetime => moment(wiring),
        FieldType::Reference { entity } => view! { <ReferenceInput wiring=wiring.clone() entity=entity.clone() required=field.required hint /> }.into_any(),
        FieldType::Set { choices, .. } if choices.is_empty() => lines(wiring),
        FieldType::Set { choices, .. } => set(wiring, choices.clone()),
        FieldType::Object { fields } => view! { <ListInput wiring=wiring.clone() key_field=None fields=fields.clone() /> }.into_any(),
        FieldType::List { key, fields } => view! { <ListInput wiring=wiring.clone() key_field=Some(key.clone()) fields=fields.clone() /> }.into_any(),
        FieldType::Log { .. } => area(wiring, hint),
        FieldType::Location => view! { <LocationInput wiring=wiring.clone() /> }.into_any(),
        FieldType::Json => ().into_any(),
    }
}

fn line(wiring: &Wiring, hint: bool) -> AnyView {
    let Wiring { id, name, form } = wiring.clone();
    view! {
        <input
            class="input"
            dir="auto"
            id=id
            type="text"
            autocomplete="off"
            prop:value=wiring.text()
            aria-invalid=wiring.invalid()
            aria-describedby=wiring.described_by(hint)
            on:input=move |event| form.set(&name, event_target_value(&event).into())
        />
    }
    .into_any()
}

/// A number; what is none is told once the field is left.
fn numeric(wiring: &Wiring, hint: bool) -> AnyView {
    let Wiring { id, name, form } = wiring.clone();
    let separators = Separators::device();
    let left = name.clone();
    let look = move |event| {
        let typed = event_target_value(&event);
        if let Err(why) = number::read(&typed, separators) {
            form.unreadable(&left, why.said(&typed, separators));
        }
    };
    view! {
        <input
            class="input"
            id=id
            type="text"
            inputmode="decimal"
            autocomplete="off"
            prop:value=number::shown(&form.initial(&name), separators)
            aria-invalid=wiring.invalid()
            aria-describedby=wiring.described_by(hint)
            on:input=move |event| form.set(&name, number::typed(&event_target_value(&event), separators))
            on:change=look
        />
    }
    .into_any()
}

fn area(wiring: &Wiring, hint: bool) -> AnyView {
    text_area(wiring, hint, wiring.text(), |typed| typed.into())
}

/// A set of free texts, one on each line: a comma is part of its text.
fn lines(wiring: &Wiring) -> AnyView {
    let items = wiring.form.initial(&wiring.name);
    let items: Vec<&str> = items
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let hint = view! {
        <p class="field__hint" id=format!("{}-hint", wiring.id)>
            {words::SET_HINT}
        </p>
    };
    let area = text_area(wiring, true, items.join("\n"), |typed| {
        let items = typed.lines().map(str::trim).filter(|item| !item.is_empty());
        Value::Array(items.map(Value::from).collect())
    });
    view! {
        {area}
        {hint.into_any()}
    }
    .into_any()
}

// Browsers keep what is typed into a form in their session files, unless it asks them not to.
fn text_area(wiring: &Wiring, hint: bool, initial: String, read: fn(String) -> Value) -> AnyView {
    let Wiring { id, name, form } = wiring.clone();
    view! {
        <textarea
            class="input"
            dir="auto"
            id=id
            rows="4"
            autocomplete="off"
            prop:value=initial
            aria-invalid=wiring.invalid()
            aria-describedby=wiring.described_by(hint)
            on:input=move |event| form.set(&name, read(event_target_value(&event)))
        ></textarea>
    }
    .into_any()
}

fn segments(wiring: &Wiring, choices: Vec<Choice>) -> AnyView {
    let Wiring { id, name, form } = wiring.clone();
    let option = move |choice: Choice| {
        let (group, name, shown, value) = (id.clone(), name.clone(), name.clone(), choice.value.clone());
        let checked = move || form.value(&shown).as_str() == Some(value.as_str());
        view! {
            <label class="segmented__option">
                <input
                    type="radio"
                    name=group
                    prop:checked=checked
                    on:change=move |_| form.set(&name, choice.value.clone().into())
                />
                <span>{choice.label.clone()}</span>
            </label>
        }
        .into_any()
    };
    view! { <div class="segmented">{choices.into_iter().map(option).collect_view()}</div> }.into_any()
}

fn yes_no(wiring: &Wiring) -> AnyView {
    let Wiring { id, name, form } = wiring.clone();
    let option = move |answer: bool, label: &'static str| {
        let (group, name, shown) = (id.clone(), name.clone(), name.clone());
        view! {
            <label class="segmented__option">
                <input
                    type="radio"
                    name=group
                    prop:checked=move || form.value(&shown) == answer
                    on:change=move |_| form.set(&name, answer.into())
                />
                <span>{label}</span>
            </label>
        }
        .into_any()
    };
    view! { <div class="segmented">{option(true, value::YES)} {option(false, value::NO)}</div> }.into_any()
}

fn set(wiring: &Wiring, choices: Vec<Choice>) -> AnyView {
    let Wiring { name, form, .. } = wiring.clone();
    let chip = move |choice: Choice| {
        let (name, shown, value) = (name.clone(), name.clone(), choice.value.clone());
        let pressed = move || {
            form.value(&shown)
                .as_array()
                .is_some_and(|items| items.iter().any(|item| item == value.as_str()))
        };
        let toggle = move |_| {
            let mut items = form.initial(&name).as_array().cloned().unwrap_or_default();
            let before = items.len();
            items.retain(|item| item != choice.value.as_str());
            if items.len() == before {
                items.push(choice.value.clone().into());
            }
            form.set(&name, Value::Array(items));
        };
        view! {
            <button class="chip" type="button" aria-pressed=move || pressed().to_string() on:click=toggle>
                {choice.label.clone()}
            </button>
        }
        .into_any()
    };
    view! { <div class="cluster">{choices.into_iter().map(chip).collect_view()}</div> }.into_any()
}

/// Date and time of an instant. As long as both read as they did, the instant stays as it is, to the second and in the hour
/// that a change of the clocks repeats.
fn moment(wiring: &Wiring) -> AnyView {
    let Wiring { id, name, form } = wiring.clone();
    let zone = Zone::device();
    let before = form.initial(&name);
    let read = before
        .as_str()
        .and_then(time::parse)
        .map(|at| time::to_inputs(at, zone));
    let unread = before.as_str().filter(|_| read.is_none()).map(time::halves);
    let shown = read.clone().or(unread).unwrap_or_default();
    let (date, clock) = (RwSignal::new(shown.0), RwSignal::new(shown.1));
    let changed = move || {
        let typed = (date.get_untracked(), clock.get_untracked());
        if read.as_ref() == Some(&typed) {
            return form.set(&name, before.clone());
        }
        match time::from_inputs(&typed.0, &typed.1, zone) {
            Some(at) => form.set(&name, time::wire(at).into()),
            None if typed.0.is_empty() && typed.1.is_empty() => form.set(&name, Value::Null),
            // Kept as typed: what is not a time yet is told, and does not go.
            None => {
                form.set(&name, format!("{}T{}", typed.0, typed.1).into());
                form.unreadable(&name, words::DATE_TOO.to_owned());
            }
        }
    };
    let input = |part: &'static str, label: &'static str, typed: RwSignal<String>, changed: Box<dyn Fn()>| {
        let id = format!("{id}-{part}");
        view! {
            <div class="field">
                <label class="field__label" for=id.clone()>
                    {label}
                </label>
                <input
                    class="input"
                    id=id
                    type=part
                    autocomplete="off"
                    prop:value=move || typed.get()
                    aria-invalid=wiring.invalid()
                    on:change=move |event| {
                        typed.set(event_target_value(&event));
                        changed();
                    }
                />
            </div>
        }
        .into_any()
    };
    view! {
        <div class="field field--pair">
            {input("date", words::DATE, date, Box::new(changed.clone()))}
            {input("time", words::TIME, clock, Box::new(changed))}
        </div>
    }
    .into_any()
}
