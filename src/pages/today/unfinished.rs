use leptos::prelude::*;

use crate::{
    components::{Show, icon},
    home::{self, Unfinished as Begun},
    state::Session,
    strings::records as words,
};

/// What was typed on this device and not saved: it goes on where it stopped.
#[component]
pub fn Unfinished() -> AnyView {
    let session = Session::here();
    let begun = session.live(move |reader| home::unfinished(reader, &session.drafts.places()));
    let line = |begun: Begun| {
        view! {
            <a class="setting" href=begun.href>
                <span class="setting__text">
                    <span class="setting__name" dir="auto">
                        {begun.what}
                    </span>
                    <span class="setting__hint" dir="auto">
                        {begun.record}
                    </span>
                </span>
                {icon("edit")}
            </a>
        }
        .into_any()
    };
    view! {
        <Show when=move || !begun.with(Vec::is_empty)>
            <section class="section" aria-labelledby="unfinished">
                <div class="section__head">
                    <h2 class="section__title" id="unfinished">
                        {words::NOT_SAVED}
                    </h2>
                </div>
                <div class="card settings card--flush">
                    {move || begun.get().into_iter().map(line).collect_view()}
                </div>
            </section>
        </Show>
    }
    .into_any()
}
