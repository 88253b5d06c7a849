use leptos::prelude::*;

use crate::{
    components::{For, Show},
    format::choices::{Choice, choices, forgetting},
    state::Session,
    strings::more as words,
};

/// What was remembered at settling conflicts, to be forgotten again.
#[component]
pub fn Choices() -> AnyView {
    let session = Session::here();
    let all = session.live(move |reader| choices(reader.replica, &session.me_of(reader).user_id));
    let forget = move |choice: &str| {
        let (profile, fields) =
            session.read(|reader| forgetting(reader.replica, &session.me_of(reader).user_id, choice));
        session.update(profile, fields);
    };
    let item = move |Choice { key, about, says }: Choice| {
        let label = words::forget(&about);
        view! {
            <li class="setting">
                <span class="setting__text">
                    <span class="setting__name" dir="auto">
                        {about}
                    </span>
                    <span class="setting__hint" dir="auto">
                        {says}
                    </span>
                </span>
                <button class="button" type="button" aria-label=label on:click=move |_| forget(&key)>
                    {words::FORGET}
                </button>
            </li>
        }
    };
    view! {
        <Show when=move || !all.with(Vec::is_empty)>
            <section class="section" aria-labelledby="choices">
                <div class="section__head">
                    <h2 class="section__title" id="choices">
                        {words::REMEMBERED}
                    </h2>
                </div>
                <ul class="card settings card--flush">
                    <For each=move || all.get() key=|choice: &Choice| choice.key.clone() children=item />
                </ul>
            </section>
        </Show>
    }
    .into_any()
}
