use leptos::{ev::MouseEvent, prelude::*};

/// A button that says what it does in words alone. Compiled once, and not for every action.
pub fn button(class: &'static str, label: &'static str, act: impl FnMut(MouseEvent) + 'static) -> AnyView {
    plain(class, label, false, Box::new(act))
}

/// The harmless answer of a dialog: it has the focus when the dialog opens.
pub fn focused_button(
    class: &'static str,
    label: &'static str,
    act: impl FnMut(MouseEvent) + 'static,
) -> AnyView {
    plain(class, label, true, Box::new(act))
}

fn plain(
    class: &'static str,
    label: &'static str,
    autofocus: bool,
    act: Box<dyn FnMut(MouseEvent)>,
) -> AnyView {
    view! {
        <button class=class type="button" autofocus=autofocus on:click=act>
            {label}
        </button>
    }
    .into_any()
}
