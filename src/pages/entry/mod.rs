//! Before the app: sign-in, the passcode, the first sync.

mod first_sync;
mod set_passcode;
mod sign_in;
mod unlock;

pub use first_sync::FirstSync;
pub use set_passcode::SetPasscode;
pub use sign_in::{Broken, SignIn};
pub use unlock::Unlock;

use leptos::prelude::*;

use crate::{components::product_mark, strings::PRODUCT};

fn brand() -> AnyView {
    view! { <div class="entry__brand">{product_mark()}{PRODUCT}</div> }.into_any()
}
