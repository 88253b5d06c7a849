//! Settings and everything that is needed seldom.

mod choices;
mod devices;
mod install;
mod key;
mod lock;
mod sign_out;
mod storage;
mod sync;
mod theme;
mod unreadable;

pub use devices::Devices;
pub use key::ReplaceKey;

use leptos::prelude::*;

use crate::{
    components::{Frame, Show, Tab, icon},
    state::Session,
    strings::{more as words, shell},
};

/// The role that may read the audit.
const ADMIN: &str = "admin";

#[component]
pub fn More() -> AnyView {
    let session = Session::here();
    let me = session.live(move |reader| {
        let me = session.me_of(reader);
        let sites: Vec<String> = me.sites.iter().map(|site| reader.title("site", site)).collect();
        let said: Vec<String> = [me.roles.join(", "), sites.join(", ")]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        (
            me.display_name.clone(),
            said.join(" · "),
            me.roles.iter().any(|role| role == ADMIN),
        )
    });
    let packs = session.read(|reader| {
        let titles: Vec<_> = reader
            .replica
            .packs()
            .iter()
            .skip(1)
            .map(|pack| format!("{} {}", pack.title, pack.version))
            .collect();
        words::about_packs(&titles.join(", "))
    });
    view! {
        <Frame title=shell::MORE.to_owned() tab=Tab::More>
            <main class="screen" id="main">
                <div class="columns">
                    {account(move || me.get().0, move || me.get().1)} <sync::Sync /> <choices::Choices />
                    <storage::Storage /> <theme::Theme /> <section class="section">
                        <div class="card settings card--flush">
                            <Show when=move || me.get().2>
                                <a class="setting" href="/more/audit">
                                    {text(words::AUDIT, words::AUDIT_HINT)}
                                    {icon("chevron")}
                                </a>
                            </Show>
                            <install::Install />
                            <div class="setting">
                                {text(
                                    words::ABOUT,
                                    &format!("{} · {packs}", words::version(env!("CARGO_PKG_VERSION"))),
                                )}
                            </div>
                        </div>
                    </section> <sign_out::SignOut />
                </div>
            </main>
        </Frame>
    }
    .into_any()
}

/// Who is signed in here, and how this device is kept locked.
fn account(
    name: impl Fn() -> String + Send + 'static,
    rights: impl Fn() -> String + Send + 'static,
) -> AnyView {
    view! {
        <section class="section">
            <div class="card settings card--flush">
                <div class="setting">{name_and_hint(name, rights)} {icon("person")}</div>
                <lock::Lock />
                <a class="setting" href="/more/passcode">
                    {text(words::PASSCODE, "")}
                    {icon("chevron")}
                </a>
                <key::KeySetting />
                <a class="setting" href="/more/devices">
                    {text(words::DEVICES, words::DEVICES_HINT)}
                    {icon("chevron")}
                </a>
            </div>
        </section>
    }
    .into_any()
}

/// Name and hint of a setting.
fn text(name: &'static str, hint: &str) -> AnyView {
    let hint = hint.to_owned();
    name_and_hint(move || name.to_owned(), move || hint.clone())
}

fn name_and_hint(
    name: impl Fn() -> String + Send + 'static,
    hint: impl Fn() -> String + Send + 'static,
) -> AnyView {
    view! {
        <span class="setting__text">
            <span class="setting__name">{name}</span>
            <span class="setting__hint">{hint}</span>
        </span>
    }
    .into_any()
}
