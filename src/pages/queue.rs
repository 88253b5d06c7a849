use holdfast_core::{
    queue::{QueuedWrite, WriteStatus},
    status::Status,
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    components::{
        Dialog, Empty, ExportDialog, For, Frame, Show, StorageFull, Tab, WriteCard, button, focused_button,
        icon,
    },
    format::{
        value::Reader,
        write::{Told, tell},
    },
    state::{Memo, Session},
    strings::{changes, queue as words, shell, status},
};

/// Delivered writes shown; the rest is in the records' histories.
const DELIVERED: usize = 20;

/// Everything that was written here, in the order in which it is sent, and how far it has come.
#[component]
pub fn Queue() -> AnyView {
    let session = Session::here();
    let failed = session.live(|reader| told(reader, |write| write.status == WriteStatus::Failed));
    let open = session.live(sending_order);
    let delivered = session.live(|reader| {
        let mut done = told(reader, |write| !write.is_open());
        done.reverse();
        done.truncate(DELIVERED);
        done
    });
    let progress = move || match session.status() {
        Status::Syncing { done, total } => Some((done, total)),
        _ => None,
    };
    let exporting = RwSignal::new(false);
    let discarding = RwSignal::new(None::<(String, String, usize)>);
    let retry = Callback::new(move |id: String| session.retry(id));
    let discard =
        Callback::new(move |id: String| discarding.set(session.read(|reader| what_goes(reader, &id))));
    let actions = frame_actions(session, exporting);
    let nothing = move || failed.with(Vec::is_empty) && open.with(Vec::is_empty);
    view! {
        <Frame title=shell::QUEUE.to_owned() tab=Tab::Queue actions>
            <main class="screen" id="main">
                <SignInNotice />
                <StorageFull />
                <Show when=nothing>
                    <Empty symbol="synced" title=words::ALL_SENT text=words::ALL_SENT_TEXT />
                </Show>
                <div class="columns">
                    {move || progress().map(|(done, total)| progress_bar(done, total))}
                    <Show when=move || {
                        !failed.with(Vec::is_empty)
                    }>
                        {section("needs-you", words::NEEDS_YOU, failed, true, Some(retry), Some(discard))}
                    </Show>
                    <Show when=move || {
                        !open.with(Vec::is_empty)
                    }>{section("on-the-way", words::ON_THE_WAY, open, false, None, Some(discard))}</Show>
                    <Show when=move || {
                        !delivered.with(Vec::is_empty)
                    }>{section("delivered", words::DELIVERED, delivered, false, None, None)}</Show>
                </div>
            </main>
        </Frame>
        {move || {
            discarding.get().map(|(id, what, others)| discard_dialog(session, discarding, id, what, others))
        }}
        <Show when=move || exporting.get()>
            <ExportDialog on_close=Callback::new(move |()| exporting.set(false)) />
        </Show>
    }
    .into_any()
}

/// The buttons of the frame: export, and sync now.
fn frame_actions(session: Session, exporting: RwSignal<bool>) -> AnyView {
    view! {
        <button
            class="icon-button"
            type="button"
            aria-label=words::EXPORT
            on:click=move |_| exporting.set(true)
        >
            {icon("download")}
        </button>
        <button
            class="icon-button"
            type="button"
            aria-label=words::SYNC_NOW
            on:click=move |_| session.sync_now()
        >
            {icon("sync")}
        </button>
    }
    .into_any()
}

/// "Sign in to send 3 changes", with the button that does it.
#[component]
pub fn SignInNotice() -> AnyView {
    let session = Session::here();
    let needed = move || match session.status() {
        Status::SignInNeeded { unsent: 0 } => Some(status::SIGN_IN.to_owned()),
        Status::SignInNeeded { unsent } => Some(status::sign_in_to_send(unsent)),
        _ => None,
    };
    let notice = move || {
        needed().map(|title| {
            view! {
                <div class="notice notice--page" data-tone="device" role="alert">
                    {icon("lock")}
                    <h2 class="notice__title">{title}</h2>
                    <div class="notice__actions">
                        {button(
                            "button button--primary",
                            crate::strings::entry::SIGN_IN,
                            move |_| session.sign_in(),
                        )}
                    </div>
                </div>
            }
            .into_any()
        })
    };
    notice.into_any()
}

fn told(reader: &Reader<'_>, which: impl Fn(&QueuedWrite) -> bool) -> Vec<Told> {
    reader
        .replica
        .writes()
        .filter(|write| which(write))
        .map(|write| tell(reader, write))
        .collect()
}

/// What is still to be sent: by priority, then in the order in which it was written.
fn sending_order(reader: &Reader<'_>) -> Vec<Told> {
    let mut waiting: Vec<&QueuedWrite> = reader
        .replica
        .open_writes()
        .filter(|write| write.status != WriteStatus::Failed)
        .collect();
    waiting.sort_by_key(|write| {
        (
            write.status != WriteStatus::Syncing,
            write.priority,
            write.sequence,
        )
    });
    waiting.into_iter().map(|write| tell(reader, write)).collect()
}

/// A write that is to be discarded: what it is, and how many others go with it.
fn what_goes(reader: &Reader<'_>, id: &str) -> Option<(String, String, usize)> {
    let write = reader.replica.write(id)?;
    let others = reader.replica.discarded_with(id).saturating_sub(1);
    Some((id.to_owned(), tell(reader, write).what, others))
}

fn progress_bar(done: usize, total: usize) -> AnyView {
    view! {
        <section class="section">
            <div class="progress">
                <div class="progress__label">
                    <span>{words::SENDING}</span>
                    <span>{words::done_of(done, total)}</span>
                </div>
                <progress
                    class="bar"
                    aria-label=words::SENDING
                    value=done.to_string()
                    max=total.to_string()
                ></progress>
            </div>
        </section>
    }
    .into_any()
}

fn section(
    id: &'static str,
    title: &'static str,
    writes: Memo<Vec<Told>>,
    alert: bool,
    retry: Option<Callback<String>>,
    discard: Option<Callback<String>>,
) -> AnyView {
    let class = if alert { "count count--alert" } else { "count" };
    let session = Session::here();
    let several = move || retry.is_some() && writes.with(Vec::len) > 1;
    let card = move |told: Told| match (retry, discard) {
        (Some(on_retry), Some(on_discard)) => view! { <WriteCard told on_retry on_discard /> }.into_any(),
        (None, Some(on_discard)) => view! { <WriteCard told on_discard /> }.into_any(),
        _ => view! { <WriteCard told /> }.into_any(),
    };
    view! {
        <section class="section" aria-labelledby=id>
            <div class="section__head">
                <h2 class="section__title" id=id>
                    {title}
                    " "
                    <span class=class>{move || writes.with(Vec::len)}</span>
                </h2>
                <Show when=several>
                    {button("button button--quiet", words::RETRY_ALL, move |_| session.retry_all())}
                </Show>
            </div>
            <div class="card card--flush">
                <For each=move || writes.get() key=|told| told.clone() children=card />
            </div>
        </section>
    }
    .into_any()
}

fn discard_dialog(
    session: Session,
    asking: RwSignal<Option<(String, String, usize)>>,
    id: String,
    what: String,
    others: usize,
) -> AnyView {
    let close = Callback::new(move |()| asking.set(None));
    let id = StoredValue::new(id);
    let discard = move |_| {
        // Closing the dialog takes its values with it.
        let id = id.get_value();
        asking.set(None);
        spawn_local(async move {
            if let Some(gone) = session.discard(id).await {
                let text = words::discarded(gone.len());
                session
                    .toasts
                    .offer(text, shell::UNDO, move || session.put_back(gone.clone()));
            }
        });
    };
    view! {
        <Dialog
            title=words::DISCARD_ASK
            on_close=close
            actions=Box::new(move || {
                view! {
                    {button("button button--danger-solid button--large", words::DISCARD, discard)}
                    {focused_button("button button--large", words::KEEP_IT, move |_| asking.set(None))}
                }
                    .into_any()
            })
        >
            <p>{words::discard_text(&what, others)}</p>
            <p class="quiet small">{changes(others + 1)}</p>
        </Dialog>
    }
    .into_any()
}
