use holdfast_core::{Timestamp, json_object};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    components::{Dialog, Empty, For, Frame, Show, Tab, button, focused_button},
    format::time,
    state::{Fault, Session},
    strings::{more as words, shell},
};

/// Where the server lists the devices of whoever asks.
const PATH: &str = "/api/v1/devices";

/// Devices that the server lists at once.
const PAGE: usize = 100;

/// Pages that are shown at most: whoever has more devices signs some out first.
const PAGES: usize = 10;

/// A device that is signed in with this person's account.
#[derive(Debug, Clone, PartialEq)]
struct Device {
    id: String,
    label: String,
    last_seen_at: Timestamp,
    current: bool,
}

json_object!(Device {
    id: "id",
    label: "label",
    last_seen_at: "lastSeenAt",
    current: "current",
});

/// All pages of the list.
async fn all_devices(session: Session) -> Result<Vec<Device>, Fault> {
    let mut all: Vec<Device> = Vec::new();
    for _ in 0..PAGES {
        let after = all
            .last()
            .map_or(String::new(), |last| format!("&after={}", last.id));
        let page: Vec<Device> = session.ask_server(&format!("{PATH}?limit={PAGE}{after}")).await?;
        let is_last = page.len() < PAGE;
        // A device that is seen in between moves to the front, and may come twice.
        let known = |id: &str| all.iter().any(|device| device.id == id);
        let fresh: Vec<Device> = page.into_iter().filter(|device| !known(&device.id)).collect();
        all.extend(fresh);
        if is_last {
            break;
        }
    }
    Ok(all)
}

/// The devices that may read and send in this person's name; a lost one is signed out from here.
#[component]
pub fn Devices() -> AnyView {
    let session = Session::here();
    let devices = RwSignal::new(Vec::<Device>::new());
    let fault = RwSignal::new(None::<Fault>);
    let asked = RwSignal::new(None::<Device>);
    let load = move || {
        spawn_local(async move {
            match all_devices(session).await {
                Ok(all) => devices.set(all),
                Err(failed) => fault.set(Some(failed)),
            }
        })
    };
    load();
    let sign_out = Callback::new(move |()| {
        let Some(device) = asked.get_untracked() else {
            return;
        };
        asked.set(None);
        spawn_local(async move {
            match session.withdraw(&format!("{PATH}/{}", device.id)).await {
                Ok(()) => session.toasts.say(words::device_signed_out(&device.label)),
                Err(fault) => session.toasts.say(fault.to_string()),
            }
            load();
        });
    });
    view! {
        <Frame
            title=words::DEVICES.to_owned()
            tab=Tab::More
            back=Signal::stored(Some(("/more".to_owned(), shell::BACK.to_owned())))
        >
            <main class="screen" id="main">
                {move || instead_of_list(fault, devices)}
                <Show when=move || !devices.with(Vec::is_empty)>
                    <section class="section" aria-label=words::DEVICES>
                        <ul class="card settings card--flush">
                            <For
                                each=move || devices.get()
                                key=|device: &Device| device.id.clone()
                                children=move |device| device_row(session, asked, device)
                            />
                        </ul>
                    </section>
                </Show>
            </main>
        </Frame>
        <Show when=move || asked.with(Option::is_some)>{sign_out_dialog(asked, sign_out)}</Show>
    }
    .into_any()
}

/// What stands there while no device is listed: that they are loading, or why they are missing.
fn instead_of_list(fault: RwSignal<Option<Fault>>, devices: RwSignal<Vec<Device>>) -> AnyView {
    match fault.get() {
        Some(Fault::Offline) => {
            view! { <Empty symbol="cloud-off" title=words::DEVICES_OFFLINE text=words::DEVICES_OFFLINE_TEXT /> }.into_any()
        }
        Some(other) => view! { <Empty symbol="alert" title=words::DEVICES text=other.to_string() /> }.into_any(),
        None if devices.with(Vec::is_empty) => {
            view! {
                <p class="page-intro quiet" role="status">
                    {words::LOADING}
                </p>
            }.into_any()
        }
        None => ().into_any(),
    }
}

/// One device, with the button that signs it out unless it is this one.
fn device_row(session: Session, asked: RwSignal<Option<Device>>, device: Device) -> AnyView {
    let seen = time::ago(device.last_seen_at, session.server_now());
    let (hint, name) = (words::last_seen(&seen), device.label.clone());
    let other = (!device.current).then(|| {
        let ask = move |_| asked.set(Some(device.clone()));
        view! {
            <button class="button" type="button" aria-label=words::sign_out_of(&name) on:click=ask>
                {words::SIGN_OUT_DEVICE}
            </button>
        }
    });
    let here = other.is_none().then(|| {
        view! {
            <span class="badge" data-tone="done">
                {words::THIS_DEVICE}
            </span>
        }
    });
    view! {
        <li class="setting">
            <span class="setting__text">
                <span class="setting__name" dir="auto">
                    {name}
                </span>
                <span class="setting__hint" dir="auto">
                    {hint}
                </span>
            </span>
            {here}
            {other}
        </li>
    }
    .into_any()
}

/// Asks before a device is signed out.
fn sign_out_dialog(asked: RwSignal<Option<Device>>, sign_out: Callback<()>) -> AnyView {
    view! {
        <Dialog
            title=words::SIGN_OUT_DEVICE_ASK
            on_close=Callback::new(move |()| asked.set(None))
            actions=Box::new(move || {
                view! {
                    {button(
                        "button button--danger-solid button--large",
                        words::SIGN_OUT_DEVICE,
                        move |_| sign_out.run(()),
                    )}
                    {focused_button("button button--large", words::KEEP_DEVICE, move |_| asked.set(None))}
                }
                    .into_any()
            })
        >
            <p>{words::SIGN_OUT_DEVICE_TEXT}</p>
        </Dialog>
    }
    .into_any()
}
