use leptos::prelude::*;

/// A symbol of the sprite; always beside words, so hidden from screen readers.
pub fn icon(name: &str) -> AnyView {
    let href = format!("/icons/ui.svg#{name}");
    view! {
        <svg class="icon" aria-hidden="true">
            <use_ href=href />
        </svg>
    }
    .into_any()
}
