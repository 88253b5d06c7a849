use leptos::prelude::*;

use crate::{
    components::{Dialog, Empty, Frame, Show, Tab, icon},
    format::{bytes::grouped, entities},
    pages::{list::RecordList, record::Record},
    routes::Place,
    state::{Memo, Session},
    strings::{PRODUCT, records as words},
};

/// A list and, beside it on a wide screen or over it on a phone, one of its records.
#[component]
pub fn Records(place: Memo<Place>) -> AnyView {
    let session = Session::here();
    // What is asked for last stays until the page is gone.
    let asked = Memo::new(
        move |before: Option<&(String, Option<String>)>| match place.get() {
            Place::Records { entity, id } => (entity, id),
            _ => before.cloned().unwrap_or_default(),
        },
    );
    let entity = Memo::new(move |_| asked.with(|asked| asked.0.clone()));
    let id = Memo::new(move |_| asked.with(|asked| asked.1.clone()));
    let titles = session.live(move |reader| {
        let found = reader.replica.packs().entity(&entity.get());
        found.map(|entity| (entity.title.clone(), entity.title_plural.clone()))
    });
    let title = Signal::derive(move || match (titles.get(), id.get()) {
        (Some((one, _)), Some(_)) => one,
        (Some((_, many)), None) => many,
        (None, _) => PRODUCT.to_owned(),
    });
    let back = Signal::derive(move || {
        let (_, many) = titles.get()?;
        id.get()
            .map(|_| (format!("/records/{}", entity.get()), words::back_to(&many)))
    });
    let whole = session.live(|reader| reader.replica.is_whole());
    let choosing = RwSignal::new(false);
    let actions = view! {
        <button
            class="icon-button"
            class:wide-only=move || id.with(Option::is_some)
            type="button"
            aria-label=words::OTHER_RECORDS
            on:click=move |_| choosing.set(true)
        >
            {icon("filter")}
        </button>
    }
    .into_any();
    let task = Signal::derive(move || id.with(Option::is_some));
    let show = move || {
        if id.with(Option::is_some) {
            "detail"
        } else {
            "list"
        }
    };
    let current: Signal<Option<String>> = id.into();
    view! {
        <Frame title tab=Tab::Work back task back_on_phone_only=true actions>
            <main class="screen panes" class:screen--acting=move || task.get() data-show=show id="main">
                {move || view! { <RecordList entity=entity.get() current /> }.into_any()}
                {move || match id.get() {
                    Some(_) if !whole.get() => view! { <div class="panes__detail" aria-busy="true"></div> }.into_any(),
                    Some(id) => view! { <Record entity=entity.get() id /> }.into_any(),
                    None => view! {
                        <div class="panes__detail wide-only">
                            <Empty symbol="list" title=words::PICK_ONE text=words::PICK_ONE_TEXT />
                        </div>
                    }
                    .into_any(),
                }}
            </main>
        </Frame>
        <Show when=move || choosing.get()><EntityDialog on_close=Callback::new(move |()| choosing.set(false)) /></Show>
    }
    .into_any()
}

/// Which list to show, and how much there is of each.
#[component]
fn EntityDialog(on_close: Callback<()>) -> AnyView {
    let found = Session::here().read(|reader| {
        let line = |entity: &holdfast_core::pack::Entity| {
            (
                entity.name.clone(),
                entity.title_plural.clone(),
                reader.replica.all(&entity.name).count(),
            )
        };
        let entities: Vec<_> = entities::shown(reader.replica)
            .map(|(_, entity)| line(entity))
            .collect();
        let online: Vec<_> = reader
            .replica
            .packs()
            .iter()
            .flat_map(|pack| &pack.online_only)
            .map(|only| (only.title.clone(), only.reason.clone()))
            .collect();
        (entities, online)
    });
    let (entities, online) = found;
    let link = move |(name, title, count): (String, String, usize)| {
        view! {
            <a class="setting" href=format!("/records/{name}") on:click=move |_| on_close.run(())>
                <span class="setting__text">
                    <span class="setting__name">{title}</span>
                </span>
                <span class="setting__value">{grouped(count as u64)}</span>
                {icon("chevron")}
            </a>
        }
        .into_any()
    };
    let unavailable = |(title, reason): (String, String)| {
        view! {
            <div class="setting" aria-disabled="true">
                <span class="setting__text">
                    <span class="setting__name">{title}</span>
                    <span class="setting__hint">{reason}</span>
                </span>
                {icon("cloud-off")}
            </div>
        }
        .into_any()
    };
    let only_online = (!online.is_empty()).then(|| {
        view! {
            <h3>{words::OFFLINE_ONLY}</h3>
            <div class="card settings card--flush">{online.into_iter().map(unavailable).collect_view()}</div>
        }
        .into_any()
    });
    view! {
        <Dialog title=words::SHOW on_close>
            <nav class="card settings card--flush" aria-label=words::SHOW>
                {entities.into_iter().map(link).collect_view()}
            </nav>
            {only_online}
        </Dialog>
    }
    .into_any()
}
