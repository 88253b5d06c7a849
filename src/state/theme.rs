//! Light or dark: no content, so it is kept in the clear and known before anything is opened.

use leptos::prelude::*;

pub const AUTO: &str = "auto";
const SLOT: &str = "holdfast.theme";

/// What was chosen on this device.
pub fn chosen() -> String {
    let stored = window()
        .local_storage()
        .ok()
        .flatten()
        .and_then(|storage| storage.get_item(SLOT).ok().flatten());
    stored
        .filter(|theme| theme == "light" || theme == "dark")
        .unwrap_or_else(|| AUTO.to_owned())
}

/// Chooses and applies.
pub fn choose(theme: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        // A browser that keeps nothing forgets the choice with the page.
        let _ = if theme == AUTO {
            storage.remove_item(SLOT)
        } else {
            storage.set_item(SLOT, theme)
        };
    }
    apply(theme);
}

/// Makes the page look as chosen.
pub fn apply(theme: &str) {
    let Some(root) = document().document_element() else {
        return;
    };
    // The stylesheets know both values and the lack of one.
    let _ = if theme == AUTO {
        root.remove_attribute("data-theme")
    } else {
        root.set_attribute("data-theme", theme)
    };
}
