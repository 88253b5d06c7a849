use leptos::prelude::*;

use super::icon;

/// What stands where nothing is: why, and what could be done.
#[component]
pub fn Empty(
    symbol: &'static str,
    #[prop(into)] title: String,
    #[prop(into)] text: String,
    #[prop(optional)] children: Option<Children>,
) -> AnyView {
    view! {
        <div class="empty">
            {icon(symbol)} <h2>{title}</h2> <p class="empty__text">{text}</p>
            {children.map(|children| children())}
        </div>
    }
    .into_any()
}
