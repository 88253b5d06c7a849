use holdfast_core::Timestamp;
use leptos::prelude::*;

use crate::{format::time, state::Session};

/// A running clock since an instant; ticks every second.
#[component]
pub fn TimerReading(#[prop(into)] since: Signal<Option<Timestamp>>) -> AnyView {
    let session = Session::here();
    let reading = move || {
        session.second();
        let seconds = since
            .get()
            .map(|start| (session.server_now() - start).num_seconds());
        time::reading(seconds.unwrap_or(0))
    };
    view! {
        <div class="timer__reading" role="timer">
            {reading}
        </div>
    }
    .into_any()
}
