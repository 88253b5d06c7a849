use leptos::prelude::*;

use crate::{
    components::{Empty, Frame, Tab},
    strings::{PRODUCT, shell as words},
};

/// An address that leads nowhere.
#[component]
pub fn NotFound() -> AnyView {
    view! {
        <Frame title=PRODUCT.to_owned() tab=Tab::Today>
            <main class="screen" id="main">
                <Empty symbol="alert" title=words::NOT_FOUND text=words::NOT_FOUND_TEXT>
                    <a class="button" href="/">
                        {words::TO_TODAY}
                    </a>
                </Empty>
            </main>
        </Frame>
    }
    .into_any()
}
