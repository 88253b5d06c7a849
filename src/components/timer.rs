use holdfast_core::Timestamp;
use leptos::prelude::*;

use crate::{format::time, state::Session};

/// A running clock since an instant; ticks every second.
#[component]
pub fn TimerReading(#[prop(into)] since: Signal<Option<Timestamp>>) -> AnyView {
    let session = Session::here();
    let reading = move || {
        let seconds = since
            .get()
            .map_or(0, |start| (session.second() - start).num_seconds());
        time::reading(seconds)
    };
    view! { <div class="timer__reading" role="timer">{reading}</div> }.into_any()
}
