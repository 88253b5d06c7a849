use leptos::{prelude::*, task::spawn_local};
use serde_json::json;

use crate::{
    components::{Empty, Frame, Show, Tab, icon},
    format::audit::{Entry, Page, Sort, Told, Values, tell},
    state::{Fault, Session},
    strings::{inbox, more as words, shell},
};

/// The entries read from the server so far, and how reading them goes.
#[derive(Debug, Clone, Copy)]
struct AuditLog {
    session: Session,
    entries: RwSignal<Vec<Entry>>,
    /// Where the next page starts.
    before: RwSignal<Option<u64>>,
    fault: RwSignal<Option<Fault>>,
    loading: RwSignal<bool>,
}

impl AuditLog {
    fn new(session: Session) -> Self {
        Self {
            session,
            entries: RwSignal::new(Vec::new()),
            before: RwSignal::new(None),
            fault: RwSignal::new(None),
            loading: RwSignal::new(false),
        }
    }

    /// Reads the page before an entry, or the newest page in place of all entries.
    fn load(self, from: Option<u64>) {
        self.loading.set(true);
        spawn_local(async move {
            let path = from.map_or_else(
                || "/api/v1/audit?limit=50".to_owned(),
                |from| format!("/api/v1/audit?limit=50&before={from}"),
            );
            match self.session.ask_server::<Page>(&path).await {
                Ok(page) => {
                    self.fault.set(None);
                    self.before.set(page.before);
                    self.entries.update(|all| {
                        if from.is_none() {
                            all.clear();
                        }
                        all.extend(page.items);
                    });
                }
                Err(failed) => self.fault.set(Some(failed)),
            }
            self.loading.set(false);
        });
    }

    /// Restores one superseded value, then reads the newest page again.
    fn restore(self, id: String, place: usize) {
        let session = self.session;
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
                    self.load(None);
                }
                Err(fault) => session.toasts.say(fault.to_string()),
            }
        });
    }
}

/// Every decision against somebody's value. It lies on the server and is read there: it holds everybody's values, so
/// none of it is kept on a device.
#[component]
pub fn Audit() -> AnyView {
    let session = Session::here();
    let log = AuditLog::new(session);
    let filter = RwSignal::new(None::<Sort>);
    log.load(None);
    let restore = Callback::new(move |(id, place)| log.restore(id, place));
    let told = session.live(move |reader| {
        let wanted = filter.get();
        let all = log.entries.with(|entries| {
            entries
                .iter()
                .map(|entry| tell(reader, entry))
                .collect::<Vec<_>>()
        });
        all.into_iter()
            .filter(|entry| wanted.is_none_or(|sort| entry.sort == sort))
            .collect::<Vec<_>>()
    });
    view! {
        <Frame
            title=words::AUDIT.to_owned()
            tab=Tab::More
            back=Signal::stored(Some(("/more".to_owned(), shell::BACK.to_owned())))
        >
            <main class="screen" id="main">
                <div class="toolbar">
                    <div class="chips" role="group" aria-label=crate::strings::records::FILTERS>
                        {chip(filter, None, words::ALL)}
                        {chip(filter, Some(Sort::Person), words::BY_PERSON)}
                        {chip(filter, Some(Sort::Rule), words::BY_RULE)}
                        {chip(filter, Some(Sort::Restored), words::RESTORED)}
                    </div>
                </div>
                {move || instead_of_list(log, || told.with(Vec::is_empty))}
                <Show when=move || !told.with(Vec::is_empty)>
                    <section class="section section--wide" aria-label=words::AUDIT>
                        <ul class="card card--flush">
                            {move || told.get().into_iter().map(|entry| item(entry, restore)).collect_view()}
                        </ul>
                        <Show when=move || log.before.get().is_some()>
                            <button
                                class="button button--block"
                                type="button"
                                disabled=move || log.loading.get()
                                on:click=move |_| log.load(log.before.get_untracked())
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

/// Filters the entries by how they were decided.
fn chip(filter: RwSignal<Option<Sort>>, sort: Option<Sort>, label: &'static str) -> AnyView {
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
}

/// What stands there while no entry is listed: that they are loading, or why there are none.
fn instead_of_list(log: AuditLog, is_empty: impl Fn() -> bool) -> Option<AnyView> {
    match log.fault.get() {
        Some(Fault::Offline) => Some(view! { <Empty symbol="cloud-off" title=words::AUDIT_OFFLINE text=words::AUDIT_OFFLINE_TEXT /> }.into_any()),
        Some(Fault::NotAllowed) => Some(view! { <Empty symbol="lock" title=words::AUDIT_NOT_ALLOWED text=words::AUDIT_NOT_ALLOWED_TEXT /> }.into_any()),
        Some(other) => Some(view! { <Empty symbol="alert" title=words::AUDIT text=other.to_string() /> }.into_any()),
        None if log.loading.get() && is_empty() => Some(view! {
            <p class="page-intro quiet" role="status">
                {words::LOADING}
            </p>
        }.into_any()),
        None if is_empty() => Some(view! { <Empty symbol="audit" title=words::AUDIT_EMPTY text=words::AUDIT_EMPTY_TEXT /> }.into_any()),
        None => None,
    }
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
