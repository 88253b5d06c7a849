use holdfast_core::pack::Choice;
use leptos::prelude::*;

use super::{icon, wiring::Wiring};
use crate::strings::records as words;

/// A drop-down list over values and their labels.
pub fn select(wiring: &Wiring, hint: bool, choices: Vec<Choice>, required: bool) -> AnyView {
    let Wiring { id, name, form } = wiring.clone();
    let current = wiring.text();
    let option = |choice: Choice| {
        let selected = choice.value == current;
        view! {
            <option value=choice.value selected=selected>
                {choice.label}
            </option>
        }
        .into_any()
    };
    let nothing = if required {
        words::CHOOSE
    } else {
        words::NOTHING_CHOSEN
    };
    view! {
        <div class="select">
            <select
                class="input"
                dir="auto"
                id=id
                autocomplete="off"
                aria-invalid=wiring.invalid()
                aria-describedby=wiring.described_by(hint)
                on:change=move |event| form.set(&name, event_target_value(&event).into())
            >
                <option value="" selected=current.is_empty()>
                    {nothing}
                </option>
                {choices.into_iter().map(option).collect_view()}
            </select>
            {icon("chevron")}
        </div>
    }
    .into_any()
}
