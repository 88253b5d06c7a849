//! Elements that are the same each time. Within a larger view Leptos would build them from HTML text, by `innerHTML`, which
//! the page's policy refuses (Trusted Types). At the top of a view of their own they are built by `createElement`.

use leptos::prelude::*;

/// Room for the round button that floats above the end of a list.
pub fn room_for_button() -> AnyView {
    view! { <div class="below-fab"></div> }.into_any()
}

/// The product's mark; always beside its name.
pub fn product_mark() -> AnyView {
    view! { <img src="/icons/mark.svg" alt="" /> }.into_any()
}

/// What a chosen side of a conflict is marked with.
pub fn side_radio() -> AnyView {
    view! { <span class="side__radio"></span> }.into_any()
}
