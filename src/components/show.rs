use leptos::prelude::*;

use crate::state::Memo;

/// What is there while a condition holds.
///
/// Leptos' own is compiled anew for every condition and every content; this one, which takes its place in all pages, is
/// compiled once.
#[component]
pub fn Show(
    #[prop(into)] when: Signal<bool>,
    children: ChildrenFn,
    /// What is there otherwise.
    #[prop(optional, into)]
    fallback: ViewFn,
) -> AnyView {
    let holds = Memo::new(move |_| when.get());
    let shown = move || if holds.get() { children() } else { fallback.run() };
    shown.into_any()
}
