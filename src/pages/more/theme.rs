use leptos::prelude::*;

use crate::{state::theme, strings::more as words};

/// Light, dark, or as the phone has it.
#[component]
pub fn Theme() -> AnyView {
    let chosen = RwSignal::new(theme::chosen());
    let option = move |value: &'static str, label: &'static str| {
        let choose = move |_| {
            theme::choose(value);
            chosen.set(value.to_owned());
        };
        view! {
            <label class="segmented__option">
                <input
                    type="radio"
                    name="theme"
                    prop:checked=move || chosen.with(|chosen| chosen == value)
                    on:change=choose
                />
                <span>{label}</span>
            </label>
        }
        .into_any()
    };
    view! {
        <section class="section" aria-labelledby="look">
            <div class="section__head">
                <h2 class="section__title" id="look">
                    {words::LOOK}
                </h2>
            </div>
            <fieldset class="segmented">
                <legend class="visually-hidden">{words::THEME}</legend>
                {option(theme::AUTO, words::THEME_AUTO)}
                {option("light", words::THEME_LIGHT)}
                {option("dark", words::THEME_DARK)}
            </fieldset>
        </section>
    }
    .into_any()
}
