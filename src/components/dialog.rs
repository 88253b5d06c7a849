use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::icon;
use crate::strings::shell as words;

/// A question or a short task over the page. Its inputs stand in a form that keeps the browser from writing what is
/// typed into its own session files (`autocomplete="off"`), as every form of the app does. Rendered while it is open; Escape and the close button call `on_close`,
/// and the focus goes back to where it came from.
#[component]
pub fn Dialog(
    #[prop(into)] title: String,
    on_close: Callback<()>,
    children: Children,
    #[prop(optional)] actions: Option<Children>,
) -> AnyView {
    let element = NodeRef::<html::Dialog>::new();
    let before = StoredValue::new_local(focused());
    element.on_load(|dialog| {
        // Refused only if it is open already.
        let _ = dialog.show_modal();
    });
    on_cleanup(move || {
        // Closed first: while it is open, nothing outside it takes the focus.
        if let Some(dialog) = element.try_get_untracked().flatten() {
            dialog.close();
        }
        if let Some(element) = before.try_get_value().flatten() {
            let _ = element.focus();
        }
    });
    let id = unique_id();
    let heading = id.clone();
    let cancelled = move |event: ev::Event| {
        event.prevent_default();
        on_close.run(());
    };
    view! {
        <dialog class="dialog" node_ref=element aria-labelledby=id.clone() on:cancel=cancelled>
            <form class="dialog__body" autocomplete="off" on:submit=|event| event.prevent_default()>
                <div class="dialog__head">
                    <h2 id=heading>{title}</h2>
                    <button
                        class="icon-button"
                        type="button"
                        aria-label=words::CLOSE
                        on:click=move |_| on_close.run(())
                    >
                        {icon("close")}
                    </button>
                </div>
                {children()}
            </form>
            {actions.map(|actions| view! { <div class="dialog__actions">{actions()}</div> }.into_any())}
        </dialog>
    }
    .into_any()
}

fn focused() -> Option<HtmlElement> {
    document()
        .active_element()
        .and_then(|element| element.dyn_into().ok())
}

/// An id for an element that another one refers to.
pub fn unique_id() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("e{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
