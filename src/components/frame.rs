use leptos::{html, prelude::*};

use super::{StorageRemoved, Toasts, UpdateBar, icon};
use crate::{
    format::status,
    state::{Memo, Session},
    strings::shell as words,
};

/// Which tab a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Today,
    Work,
    Queue,
    Inbox,
    More,
}

/// What stands around every page: heading, status line, tabs, messages. The focus goes to the heading when the page
/// comes up, so that a screen reader tells where one is.
#[component]
pub fn Frame(
    #[prop(into)] title: Signal<String>,
    tab: Tab,
    /// Where the back button leads.
    #[prop(optional, into)]
    back: Signal<Option<(String, String)>>,
    /// Shown on a phone as a task: its action bar takes the place of the tabs.
    #[prop(optional, into)]
    task: Signal<bool>,
    /// The back button is of no use where the list stands beside the record.
    #[prop(optional)]
    back_on_phone_only: bool,
    #[prop(optional)] actions: Option<AnyView>,
    children: Children,
) -> AnyView {
    let session = Session::here();
    let heading = NodeRef::<html::H1>::new();
    heading.on_load(move |element| {
        if session.has_navigated() {
            // Of no consequence if the element cannot be focused.
            let _ = element.focus();
        }
    });
    let back_class = if back_on_phone_only {
        "icon-button phone-only"
    } else {
        "icon-button"
    };
    let back_button = move || {
        back.get().map(|(href, label)| {
            view! {
                <a class=back_class href=href aria-label=label>
                    {icon("back")}
                </a>
            }
            .into_any()
        })
    };
    let class = move || if task.get() { "app app--task" } else { "app" };
    view! {
        <div class=class>
            <a class="skip-link" href="#main">
                {words::SKIP}
            </a>
            <header class="topbar">
                {back_button} <div class="topbar__heading">
                    <h1 class="topbar__title" dir="auto" tabindex="-1" node_ref=heading>
                        {title}
                    </h1>
                    <StatusLine />
                </div> {actions}
            </header>
            {children()}
            <UpdateBar />
            <Toasts />
            <Tabs current=tab />
            <StorageRemoved />
        </div>
    }
    .into_any()
}

#[component]
fn StatusLine() -> AnyView {
    let session = Session::here();
    let line = Memo::new(move |_| {
        let (tone, text) = if session.is_removed() {
            (status::Tone::Failed, words::REMOVED_STATUS.to_owned())
        } else if session.is_full() {
            (status::Tone::Failed, words::FULL.to_owned())
        } else {
            status::line(&session.status(), session.now(), session.zone())
        };
        (tone.name(), tone.icon(), text)
    });
    view! {
        <a class="status" href="/queue" data-state=move || line.get().0>
            {move || icon(line.get().1)}
            <span class="status__text" role="status">
                {move || line.get().2}
            </span>
        </a>
    }
    .into_any()
}

#[component]
fn Tabs(current: Tab) -> AnyView {
    let session = Session::here();
    let waiting = session.live(|reader| reader.replica.open_writes().count());
    let unread = session.live(crate::format::inbox::count);
    let work = session.live(|reader| {
        crate::format::entities::first(reader.replica)
            .map_or_else(|| "/".to_owned(), |name| format!("/records/{name}"))
    });
    let slot = |tab: Tab,
                symbol: &'static str,
                label: &'static str,
                href: Signal<String>,
                count: Option<Memo<usize>>,
                alert: bool| {
        let count = move || {
            let count = count.map_or(0, |count| count.get());
            let class = if alert { "count count--alert" } else { "count" };
            (count > 0).then(|| view! { <span class=class>{count}<span class="visually-hidden">{words::WAITING}</span></span> }.into_any())
        };
        let here = (tab == current).then_some("page");
        view! {
            <li class="tabs__slot">
                <a class="tabs__item" href=href aria-current=here>
                    {icon(symbol)}
                    {label}
                    {count}
                </a>
            </li>
        }
        .into_any()
    };
    let fixed = |href: &'static str| Signal::stored(href.to_owned());
    view! {
        <nav class="tabs" aria-label=words::MAIN_NAVIGATION>
            <img class="tabs__brand" src="/icons/mark.svg" alt=crate::strings::PRODUCT />
            <ul class="tabs__list">
                {slot(Tab::Today, "today", words::TODAY, fixed("/"), None, false)}
                {slot(Tab::Work, "list", words::WORK, work.into(), None, false)}
                {slot(Tab::Queue, "queue", words::QUEUE, fixed("/queue"), Some(waiting), false)}
                {slot(Tab::Inbox, "inbox", words::INBOX, fixed("/inbox"), Some(unread), true)}
                {slot(Tab::More, "more", words::MORE, fixed("/more"), None, false)}
            </ul>
        </nav>
    }
    .into_any()
}
