use holdfast_core::replica::Mark;
use leptos::prelude::*;

use crate::{
    components::{Empty, For, Frame, Show, Tab, button, icon, mark},
    format::inbox::{self, ConflictRow, Notice},
    state::{Memo, Session},
    strings::{inbox as words, shell},
};

/// What waits for a word, and what is to be known.
#[component]
pub fn Inbox() -> AnyView {
    let session = Session::here();
    let rows = move |open: bool| {
        session.live(move |reader| {
            inbox::conflicts(reader, open)
                .iter()
                .map(|conflict| inbox::conflict_row(reader, conflict))
                .collect::<Vec<_>>()
        })
    };
    let (open, settled) = (rows(true), rows(false));
    let notices = session.live(inbox::notices);
    let nothing = move || open.with(Vec::is_empty) && notices.with(Vec::is_empty);
    let read_all = move |_| {
        session.mark_read(
            notices
                .get_untracked()
                .into_iter()
                .map(|notice| notice.id)
                .collect(),
        )
    };
    view! {
        <Frame title=shell::INBOX.to_owned() tab=Tab::Inbox>
            <main class="screen" id="main">
                <Show when=nothing>
                    <Empty symbol="inbox" title=words::NOTHING text=words::NOTHING_TEXT />
                </Show>
                <div class="columns">
                    <Show when=move || {
                        !open.with(Vec::is_empty)
                    }>{section(words::TO_DECIDE, open, Mark::Conflict, true)}</Show>
                    <Show when=move || !notices.with(Vec::is_empty)>
                        <section class="section" aria-labelledby="to-know">
                            <div class="section__head">
                                <h2 class="section__title" id="to-know">
                                    {words::TO_KNOW}
                                </h2>
                                {button("button button--quiet", words::MARK_ALL_READ, read_all)}
                            </div>
                            <ul class="stack">
                                <For each=move || notices.get() key=|notice| notice.clone() let:notice>
                                    {notice_item(session, notice)}
                                </For>
                            </ul>
                        </section>
                    </Show>
                    <Show when=move || {
                        !settled.with(Vec::is_empty)
                    }>{section(words::SETTLED, settled, Mark::Synced, false)}</Show>
                </div>
            </main>
        </Frame>
    }
    .into_any()
}

fn section(title: &'static str, conflicts: Memo<Vec<ConflictRow>>, state: Mark, alert: bool) -> AnyView {
    let id = if alert { "to-decide" } else { "settled" };
    let row = move |conflict: ConflictRow| {
        view! {
            <li class="row">
                <a class="row__link" href=format!("/inbox/{}", conflict.id)>
                    <span class="row__title" dir="auto">
                        {conflict.title}
                    </span>
                    <span class="row__meta" dir="auto">
                        {conflict.record}
                    </span>
                    <span class="row__state">
                        <span class="quiet small">{conflict.when}</span>
                    </span>
                    <span class="row__mark">{mark(state)}</span>
                </a>
            </li>
        }
        .into_any()
    };
    view! {
        <section class="section" aria-labelledby=id>
            <div class="section__head">
                <h2 class="section__title" id=id>
                    {title}
                    {alert
                        .then(|| {
                            view! {
                                " "
                                <span class="count count--alert">{move || conflicts.with(Vec::len)}</span>
                            }
                                .into_any()
                        })}
                </h2>
            </div>
            <ul class="rows rows--card">
                <For each=move || conflicts.get() key=|conflict| conflict.clone() children=row />
            </ul>
        </section>
    }
    .into_any()
}

fn notice_item(session: Session, notice: Notice) -> AnyView {
    let Notice {
        id,
        tone,
        icon: symbol,
        title,
        lines,
        when,
        href,
        typed,
    } = notice;
    let line = |line: String| {
        view! {
            <p class="notice__text" dir="auto">
                {line}
            </p>
        }
        .into_any()
    };
    view! {
        <li class="notice" data-tone=tone>
            {icon(symbol)}
            <h3 class="notice__title" dir="auto">
                {title}
            </h3>
            <div class="notice__text" dir="auto">
                {lines.into_iter().map(line).collect_view()}
                <p class="quiet small">{when}</p>
            </div>
            <div class="notice__actions">
                {href
                    .map(|href| {
                        view! {
                            <a class="button" href=href>
                                {words::SEE_RECORD}
                            </a>
                        }
                            .into_any()
                    })}
                {typed
                    .then(|| {
                        view! {
                            <a class="button" href="/queue">
                                {words::SHOW_TYPED}
                            </a>
                        }
                            .into_any()
                    })}
                {button(
                    "button button--quiet",
                    words::MARK_READ,
                    move |_| session.mark_read(vec![id.clone()]),
                )}
            </div>
        </li>
    }
    .into_any()
}
