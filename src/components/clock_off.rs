use leptos::prelude::*;

use super::icon;
use crate::{format::time, state::Session, strings::shell as words};

/// The device's clock is far from the server's: said, with what it means and what to do.
#[component]
pub fn ClockOff() -> AnyView {
    let session = Session::here();
    let notice = move || {
        let offset = session.clock_is_off_by()?;
        let length = time::length(offset);
        let title = if offset > chrono::Duration::zero() {
            words::clock_behind(&length)
        } else {
            words::clock_ahead(&length)
        };
        let notice = view! {
            <div class="notice notice--page" data-tone="info">
                {icon("alert")}
                <h2 class="notice__title">{title}</h2>
                <p class="notice__text">{words::CLOCK_OFF_TEXT}</p>
            </div>
        };
        Some(notice.into_any())
    };
    notice.into_any()
}
