use holdfast_core::{pack::Choice, replica::Query};
use leptos::prelude::*;
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, prelude::Closure};

use super::{Show, icon, select::select, wiring::Wiring};
use crate::{
    format::{row, value::short_id},
    forms::number::{self, Separators},
    state::Session,
    strings::records as words,
};

/// Another record, chosen from those on this device.
#[component]
pub fn ReferenceInput(wiring: Wiring, entity: String, required: bool, hint: bool) -> AnyView {
    let current = wiring
        .form
        .initial(&wiring.name)
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let mut choices = Session::here().read(|reader| {
        let Some(declared) = reader.replica.packs().entity(&entity) else {
            return Vec::new();
        };
        let query = Query {
            entity: entity.clone(),
            sort: Some(declared.title_field.clone()),
            ..Query::default()
        };
        let choice = |item: holdfast_core::replica::Item<'_>| Choice {
            label: row::named(&item.text(&declared.title_field), &item.key().entity_id),
            value: item.key().entity_id.clone(),
            tone: None,
        };
        reader.list(&query).items.into_iter().map(choice).collect()
    });
    // A record that is not on this device is still the one that is chosen.
    if !current.is_empty() && !choices.iter().any(|choice| choice.value == current) {
        choices.push(Choice {
            label: short_id(&current).to_owned(),
            value: current,
            tone: None,
        });
    }
    select(&wiring, hint, choices, required)
}

/// A position: found by the device, or typed.
#[component]
pub fn LocationInput(wiring: Wiring) -> AnyView {
    let Wiring { id, name, form } = wiring;
    let failed = RwSignal::new(false);
    let separators = Separators::device();
    let part = |part: &'static str, label: &'static str| {
        let (id, name, shown) = (format!("{id}-{part}"), name.clone(), name.clone());
        let value = move || {
            let location = form.value(&shown);
            location
                .get(part)
                .map(|part| number::shown(part, separators))
                .unwrap_or_default()
        };
        view! {
            <div class="field">
                <label class="field__label" for=id.clone()>
                    {label}
                </label>
                <input
                    class="input"
                    id=id
                    inputmode="decimal"
                    autocomplete="off"
                    prop:value=value
                    on:change=move |event| {
                        let mut location = form.initial(&name);
                        if !location.is_object() {
                            location = json!({});
                        }
                        let typed = event_target_value(&event);
                        location[part] = number::typed(&typed, separators);
                        form.set(&name, location);
                        if let Err(why) = number::read(&typed, separators) {
                            form.unreadable(&name, why.said(&typed, separators));
                        }
                    }
                />
            </div>
        }
        .into_any()
    };
    let target = name.clone();
    let find = move |_| {
        let name = target.clone();
        find_position(move |found| {
            failed.set(found.is_none());
            if let Some(location) = found {
                form.set(&name, location);
            }
        });
    };
    view! {
        <div class="field field--pair">
            {part("latitude", words::LATITUDE)} {part("longitude", words::LONGITUDE)}
        </div>
        <button class="button" type="button" on:click=find>
            {icon("machine")}
            {words::HERE}
        </button>
        <Show when=move || failed.get()>
            <p class="field__error" role="alert">
                {icon("failed")}
                {words::NO_POSITION}
            </p>
        </Show>
    }
    .into_any()
}

/// Asks the device where it is, once.
fn find_position(found: impl Fn(Option<Value>) + 'static) {
    let found = std::rc::Rc::new(found);
    let Ok(geolocation) = window().navigator().geolocation() else {
        return found(None);
    };
    let ok = {
        let found = found.clone();
        Closure::once_into_js(move |position: web_sys::Position| {
            let at = position.coords();
            found(Some(
                json!({ "latitude": at.latitude(), "longitude": at.longitude(), "accuracy": at.accuracy() }),
            ));
        })
    };
    let failed = {
        let found = found.clone();
        Closure::once_into_js(move |_: web_sys::PositionError| found(None))
    };
    if geolocation
        .get_current_position_with_error_callback(ok.unchecked_ref(), Some(failed.unchecked_ref()))
        .is_err()
    {
        found(None);
    }
}
