use leptos::{prelude::*, task::spawn_local};
use serde_json::json;

use crate::{
    components::{Empty, Frame, Show, Tab, icon},
    format::audit::{Entry, Page, Sort, Told, Values, tell},
    state::{Fault, Session},
    strings::{inbox, more as words, shell},
};

/// Every decision against somebody's value. It lies on the server and is read there: it holds everybody's values, so
/// none of it is kept on a device.
#[component]
pub fn Audit() -> AnyView {
    let session = Session::here();
    let entries = RwSignal::new(Vec::<Entry>::new());
    let before = RwSignal::new(None::<u64>);
    let fault = RwSignal::new(None::<Fault>);
    let loading = RwSignal::new(false);
    let filter = RwSignal::new(None::<Sort>);
    let load = move |from: Option<u64>| {
        loading.set(true);
        spawn_local(async move {
            let path = from.map_or_else(
                || "/api/v1/audit?limit=50".to_owned(),
                |from| format!("/api/v1/audit?limit=50&before={from}"),
            );
            match session.ask_server::<Page>(&path).await {
                Ok(page) => {
                    fault.set(None);
                    before.set(page.before);
                    entries.update(|all| {
                        if from.is_none() {
                            all.clear();
                        }
                        all.extend(page.items);
                    });
                }
                Err(failed) => fault.set(Some(failed)),
            }
            loading.set(false);
        });
    };
    load(None);
    let restore = Callback::new(move |(id, place): (String, usize)| {
        spawn_local(async move {
            match session
                .tell_server(
                    &format!("/api/v1/audit/{id}/restore"),
                    json!({ "losing": [place] }),
                )
                .await
            {
                Ok(()) => {
                    session.toasts.say(words::RESTORE_DONE.to_owned());
                    load(None);
                }
                Err(fault) => session.toasts.say(fault.to_string()),
            }
        });
    });
    let told = session.live(move |reader| {
        let wanted = filter.get();
        let all = entries.with(|entries| {
            entries
                .iter()
                .map(|entry| tell(reader, entry))
                .collect::<Vec<_>>()
        });
        all.into_iter()
            .filter(|entry| wanted.is_none_or(|sort| entry.sort == sort))
            .collect::<Vec<_>>()
    });
    let chip = move |sort: Option<Sort>, label: &'static str| {
        view! {
            <button
                class="chip"
                type="button"
                aria-pressed=move || (filter.get() == sort).to_string()
                on:click=move |_| filter.set(sort)
            >
                {label}
            </button>
        }
        .into_any()
    };
    let empty = move || {
        match fault.get() {
        Some(Fault::Offline) => Some(view! { <Empty symbol="cloud-off" title=words::AUDIT_OFFLINE text=words::AUDIT_OFFLINE_TEXT /> }.into_any()),
        Some(Fault::NotAllowed) => Some(view! { <Empty symbol="lock" title=words::AUDIT_NOT_ALLOWED text=words::AUDIT_NOT_ALLOWED_TEXT /> }.into_any()),
        Some(other) => Some(view! { <Empty symbol="alert" title=words::AUDIT text=other.to_string() /> }.into_any()),
        None if loading.get() && told.with(Vec::is_empty) => Some(view! {
            <p class="page-intro quiet" role="status">
                {words::LOADING}
            </p>
        }.into_any()),
        None if told.with(Vec::is_empty) => Some(view! { <Empty symbol="audit" title=words::AUDIT_EMPTY text=words::AUDIT_EMPTY_TEXT /> }.into_any()),
        None => None,
    }
    };
    view! {
        <Frame
            title=words::AUDIT.to_owned()
            tab=Tab::More
            back=Signal::stored(Some(("/more".to_owned(), shell::BACK.to_owned())))
        >
            <main class="screen" id="main">
                <div class="toolbar">
                    <div class="chips" role="group" aria-label=crate::strings::records::FILTERS>
                        {chip(None, words::ALL)}
                        {chip(Some(Sort::Person), words::BY_PERSON)}
                        {chip(Some(Sort::Rule), words::BY_RULE)}
                        {chip(Some(Sort::Restored), words::RESTORED)}
                    </div>
                </div>
                {empty}
                <Show when=move || !told.with(Vec::is_empty)>
                    <section class="section section--wide" aria-label=words::AUDIT>
                        <ul class="card card--flush">
                            {move || told.get().into_iter().map(|entry| item(entry, restore)).collect_view()}
                        </ul>
                        <Show when=move || before.get().is_some()>
                            <button
                                class="button button--block"
                                type="button"
                                disabled=move || loading.get()
                                on:click=move |_| load(before.get_untracked())
                            >
                                {words::LOAD_MORE}
                            </button>
                        </Show>
                    </section>
                </Show>
            </main>
        </Frame>
    }
    .into_any()
}

fn item(entry: Told, restore: Callback<(String, usize)>) -> AnyView {
    let Told {
        id,
        what,
        who,
        sort,
        values,
    } = entry;
    let (label, tone) = match sort {
        Sort::Person => (words::BY_PERSON, None),
        Sort::Rule => (words::BY_RULE, None),
        Sort::Restored => (words::RESTORED, Some("done")),
    };
    let pair = move |values: Values| {
        let (id, place) = (id.clone(), values.place);
        view! {
            <p class="audit__label">{values.field}</p>
            <div class="audit__values">
                <div class="audit__value audit__value--kept prose" dir="auto">
                    <span class="audit__label">{words::STANDS}</span>
                    {values.kept}
                </div>
                <div class="audit__value prose" dir="auto">
                    <span class="audit__label">{inbox::by(words::SUPERSEDED, &values.lost_by)}</span>
                    {values.lost}
                </div>
            </div>
            <div class="cluster">
                <button class="button" type="button" on:click=move |_| restore.run((id.clone(), place))>
                    {icon("restore")}
                    {words::RESTORE}
                </button>
            </div>
        }
        .into_any()
    };
    view! {
        <li class="audit">
            <div class="audit__head">
                <div>
                    <h3 class="audit__what" dir="auto">
                        {what}
                    </h3>
                    <p class="audit__who" dir="auto">
                        {who}
                    </p>
                </div>
                <span class="badge" data-tone=tone>
                    {label}
                </span>
            </div>
            {values.into_iter().map(pair).collect_view()}
        </li>
    }
    .into_any()
}
