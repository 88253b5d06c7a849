use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::{
    pack::{Entity, Field, FieldType, Values},
    record::Operation,
    status::Status,
};
use leptos::prelude::*;
use serde_json::Value;

use crate::{
    components::{Dialog, Empty, For, Show, button, icon, room_for_button, rows},
    format::{
        bytes::grouped,
        entities::viewer,
        row::{Row, row, title},
        value::Reader,
    },
    state::{ListState, PAGE, Session, owner_field},
    strings::{PRODUCT, records as words, shell, value},
};

/// What a list shows of its query.
#[derive(Debug, Clone, PartialEq)]
struct Found {
    rows: Vec<Row>,
    total: usize,
    /// Records of the entity on this device, whatever the filters.
    held: usize,
}

/// One chip of the toolbar, or one line of the filter dialog.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Choosable {
    field: String,
    value: Value,
    label: String,
}

/// The list of an entity, as its pack declares it: search, filters, sorts, rows.
#[component]
pub fn RecordList(entity: String, current: Signal<Option<String>>) -> AnyView {
    let session = Session::here();
    let name = StoredValue::new(entity.clone());
    let Some(declared) = session.read(|reader| reader.replica.packs().entity(&entity).cloned()) else {
        return view! {
            <section class="panes__list">
                <Empty symbol="alert" title=shell::NOT_FOUND text=shell::NOT_FOUND_TEXT />
            </section>
        }
        .into_any();
    };
    let state = session.list(&entity);
    let found = session.live(move |reader| find(reader, &name.get_value(), &state.get()));
    let may_create = session.may(&declared, Operation::Create);
    let declared = StoredValue::new(declared);
    let (one, many) = declared.with_value(|entity| (entity.title.clone(), entity.title_plural.clone()));
    let count = move || words::found(found.with(|found| found.total), &one, &many);
    let shown = move || found.with(|found| found.rows.clone());
    let more = move || found.with(|found| found.total.saturating_sub(found.rows.len()));
    let empty = move || match found.with(|found| (found.total, found.held)) {
        (0, 0) => Some((words::NONE_YET, words::NONE_YET_TEXT)),
        (0, _) => Some((words::NONE_FOUND, words::NONE_FOUND_TEXT)),
        _ => None,
    };
    let loading = move || {
        found.with(|found| found.held == 0)
            && matches!(session.status(), Status::FirstSync { .. } | Status::Never)
    };
    view! {
        <section class="panes__list" aria-label=declared.with_value(|entity| entity.title_plural.clone())>
            <Toolbar entity=declared state />
            <p class="fresh" role="status">
                {move || grouped_count(&count())}
            </p>
            <Show
                when=loading
                fallback=move || {
                    empty().map(|(title, text)| view! { <Empty symbol="search" title text /> }.into_any())
                }
            >
                {skeleton()}
            </Show>
            {rows("rows", shown, current)}
            <Show when=move || { more() > 0 }>
                <div class="section">
                    <button
                        class="button button--block"
                        type="button"
                        on:click=move |_| state.update(|state| state.shown += PAGE)
                    >
                        {move || words::show_more(more().min(PAGE))}
                    </button>
                </div>
            </Show>
            {room_for_button()}
        </section>
        {may_create
            .then(|| {
                let class = move || {
                    if current.with(Option::is_some) {
                        "button button--primary button--large button--round fab wide-only"
                    } else {
                        "button button--primary button--large button--round fab"
                    }
                };
                view! {
                    <a class=class href=format!("/records/{entity}/new")>
                        {icon("add")}
                        {words::NEW}
                    </a>
                }
                    .into_any()
            })}
    }
    .into_any()
}

/// `5484 work orders` with its thousands told apart.
fn grouped_count(text: &str) -> String {
    match text.split_once(' ') {
        Some((number, rest)) => number.parse().map_or_else(
            |_| text.to_owned(),
            |number| format!("{} {rest}", grouped(number)),
        ),
        None => text.to_owned(),
    }
}

fn find(reader: &Reader<'_>, name: &str, state: &ListState) -> Found {
    let replica = reader.replica;
    let Some(entity) = replica.packs().entity(name) else {
        return Found {
            rows: Vec::new(),
            total: 0,
            held: 0,
        };
    };
    let me = replica.me().cloned().unwrap_or_default();
    let viewer = viewer(&me, reader.now);
    let page = reader.list(&state.query(entity));
    let kept: Vec<_> = page
        .items
        .iter()
        .filter(|item| state.keeps(entity, item, &viewer))
        .collect();
    Found {
        total: kept.len(),
        rows: kept
            .into_iter()
            .take(state.shown)
            .map(|item| row(reader, entity, &item.view(), &me))
            .collect(),
        held: replica.mirrors_of(name).count() + replica.created_here(name),
    }
}

#[component]
fn Toolbar(entity: StoredValue<Entity>, state: RwSignal<ListState>) -> AnyView {
    let session = Session::here();
    let dialog = RwSignal::new(None::<Panel>);
    let sorts = entity.with_value(|entity| entity.list.sorts.clone());
    let sort_label = move || {
        let label = entity.with_value(|entity| {
            entity
                .list
                .sorts
                .get(state.get().sort)
                .map(|sort| sort.label.clone())
        });
        words::sorted_by(&label.unwrap_or_default())
    };
    let has_finished = entity.with_value(|entity| entity.retention.is_some());
    let owner = session.read(|reader| {
        let me = session.me_of(reader);
        entity.with_value(|entity| {
            owner_field(entity, &me).map(|field| (field.to_owned(), Value::from(me.user_id.clone())))
        })
    });
    let chips = session.live(move |reader| entity.with_value(|entity| quick_options(reader, entity)));
    let pressed = move |field: &str, value: &Value| state.with(|state| state.has(field, value)).to_string();
    let quick = move |option: Choosable| {
        let (field, value) = (option.field.clone(), option.value.clone());
        let shown = option.clone();
        view! {
            <button
                class="chip"
                type="button"
                aria-pressed=move || pressed(&shown.field, &shown.value)
                on:click=move |_| state.update(|state| state.toggle(&field, value.clone()))
            >
                {option.label}
            </button>
        }
        .into_any()
    };
    let mine = owner.map(|(field, value)| {
        let (shown_field, shown_value) = (field.clone(), value.clone());
        view! {
            <button
                class="chip"
                type="button"
                aria-pressed=move || state.with(|state| state.has(&shown_field, &shown_value)).to_string()
                on:click=move |_| {
                    state
                        .update(|state| {
                            let unfinished = state.unfinished;
                            state.toggle(&field, value.clone());
                            state.unfinished = unfinished;
                        })
                }
            >
                {words::MINE}
            </button>
        }
        .into_any()
    });
    let has_filters = entity.with_value(|entity| !entity.list.filters.is_empty());
    view! {
        <div class="toolbar">
            <form
                class="toolbar__row"
                role="search"
                autocomplete="off"
                on:submit=|event| event.prevent_default()
            >
                <div class="search">
                    {icon("search")} <label class="visually-hidden" for="search">
                        {words::SEARCH}
                    </label>
                    <input
                        class="input"
                        dir="auto"
                        id="search"
                        type="search"
                        autocomplete="off"
                        placeholder=words::SEARCH_HINT
                        prop:value=state.with_untracked(|state| state.search.clone())
                        on:input=move |event| {
                            state
                                .update(|state| {
                                    state.search = event_target_value(&event);
                                    state.shown = PAGE;
                                })
                        }
                    />
                </div>
                {(sorts.len() > 1)
                    .then(|| {
                        view! {
                            <button
                                class="button"
                                type="button"
                                aria-label=sort_label
                                on:click=move |_| dialog.set(Some(Panel::Sort))
                            >
                                {icon("sort")}
                            </button>
                        }
                            .into_any()
                    })}
            </form>
            <div class="chips" role="group" aria-label=words::FILTERS>
                {has_finished
                    .then(|| {
                        view! {
                            <button
                                class="chip"
                                type="button"
                                aria-pressed=move || state.with(|state| state.unfinished).to_string()
                                on:click=move |_| {
                                    state
                                        .update(|state| {
                                            state.unfinished = !state.unfinished;
                                            state.shown = PAGE;
                                        })
                                }
                            >
                                {words::UNFINISHED}
                            </button>
                        }
                            .into_any()
                    })}
                {mine}
                <For each=move || chips.get() key=|option| option.clone() children=quick />
                <button
                    class="chip"
                    type="button"
                    aria-pressed=move || state.with(|state| state.unsynced).to_string()
                    on:click=move |_| state.update(|state| state.unsynced = !state.unsynced)
                >
                    {words::UNSENT}
                </button>
                {has_filters
                    .then(|| {
                        view! {
                            <button
                                class="chip"
                                type="button"
                                aria-haspopup="dialog"
                                aria-pressed="false"
                                on:click=move |_| dialog.set(Some(Panel::Filters))
                            >
                                {icon("filter")}
                                {words::ALL_FILTERS}
                                {move || {
                                    Some(state.with(ListState::narrowed))
                                        .filter(|count| *count > 0)
                                        .map(|count| view! { <span class="count">{count}</span> }.into_any())
                                }}
                            </button>
                        }
                            .into_any()
                    })}
            </div>
        </div>
        {move || {
            dialog
                .get()
                .map(|panel| {
                    view! {
                        <PanelDialog panel entity state on_close=Callback::new(move |()| dialog.set(None)) />
                    }
                        .into_any()
                })
        }}
    }
    .into_any()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Panel {
    Sort,
    Filters,
}

#[component]
fn PanelDialog(
    panel: Panel,
    entity: StoredValue<Entity>,
    state: RwSignal<ListState>,
    on_close: Callback<()>,
) -> AnyView {
    let session = Session::here();
    let sort = move |(at, label): (usize, String)| {
        let choose = move |_| {
            state.update(|state| state.sort = at);
            on_close.run(());
        };
        view! {
            <label class="check">
                <input
                    class="check__box"
                    type="radio"
                    name="sort"
                    prop:checked=move || state.with(|state| state.sort == at)
                    on:change=choose
                />
                <span>{label}</span>
            </label>
        }
        .into_any()
    };
    let filter = move |(label, options): (String, Vec<Choosable>)| {
        let line = move |option: Choosable| {
            let shown = option.clone();
            let toggle = move |_| state.update(|state| state.toggle(&option.field, option.value.clone()));
            view! {
                <label class="check">
                    <input
                        class="check__box"
                        type="checkbox"
                        prop:checked=move || state.with(|state| state.has(&shown.field, &shown.value))
                        on:change=toggle
                    />
                    <span>{option.label.clone()}</span>
                </label>
            }
            .into_any()
        };
        view! {
            <fieldset class="field">
                <legend class="field__label">{label}</legend>
                {options.into_iter().map(line).collect_view()}
            </fieldset>
        }
        .into_any()
    };
    let (title, body) = match panel {
        Panel::Sort => {
            let sorts = entity.with_value(|entity| {
                entity
                    .list
                    .sorts
                    .iter()
                    .map(|sort| sort.label.clone())
                    .enumerate()
                    .collect::<Vec<_>>()
            });
            (words::SORT, sorts.into_iter().map(sort).collect_view().into_any())
        }
        Panel::Filters => {
            let filters = session.read(|reader| entity.with_value(|entity| all_options(reader, entity)));
            (
                words::FILTERS,
                filters.into_iter().map(filter).collect_view().into_any(),
            )
        }
    };
    let clear = move |_| {
        state.update(ListState::clear);
        on_close.run(());
    };
    view! {
        <Dialog
            title
            on_close
            actions=Box::new(move || {
                view! {
                    {button("button button--primary button--large", words::SHOW, move |_| on_close.run(()))}
                    {(panel == Panel::Filters).then(|| button("button button--large", words::CLEAR, clear))}
                }
                    .into_any()
            })
        >
            {body}
        </Dialog>
    }
    .into_any()
}

/// Chips for the choices of the first filter that is an enumeration: usually the state.
fn quick_options(reader: &Reader<'_>, entity: &Entity) -> Vec<Choosable> {
    let declared = entity.list.filters.iter().filter_map(|name| entity.field(name));
    let state = declared
        .into_iter()
        .find(|field| matches!(field.kind, FieldType::Enum { .. }));
    state
        .map(|field| options(reader, entity, field))
        .unwrap_or_default()
}

fn all_options(reader: &Reader<'_>, entity: &Entity) -> Vec<(String, Vec<Choosable>)> {
    let declared = entity.list.filters.iter().filter_map(|name| entity.field(name));
    declared
        .map(|field| (field.label.clone(), options(reader, entity, field)))
        .filter(|(_, options)| !options.is_empty())
        .collect()
}

/// The values that a filter offers: declared choices, or what stands in the records.
fn options(reader: &Reader<'_>, entity: &Entity, field: &Field) -> Vec<Choosable> {
    let option = |value: Value, label: String| Choosable {
        field: field.name.clone(),
        value,
        label,
    };
    match &field.kind {
        FieldType::Enum { choices, .. } => choices
            .iter()
            .map(|choice| option(choice.value.clone().into(), choice.label.clone()))
            .collect(),
        FieldType::Bool => vec![
            option(true.into(), value::YES.to_owned()),
            option(false.into(), value::NO.to_owned()),
        ],
        FieldType::Reference { entity: target } => {
            let used: BTreeSet<String> = reader
                .replica
                .all(&entity.name)
                .map(|item| item.text(&field.name).into_owned())
                .filter(|id| !id.is_empty())
                .collect();
            let declared = reader.replica.packs().entity(target);
            let label = |id: &str| {
                let item = reader
                    .replica
                    .item(&holdfast_core::record::RecordKey::new(target, id));
                match (declared, item) {
                    (Some(declared), Some(item)) => title(declared, &item.view().fields, id),
                    _ => id.to_owned(),
                }
            };
            let options = used.iter().map(|id| option(id.clone().into(), label(id)));
            by_label(reader, options.collect())
        }
        FieldType::Set { .. } => {
            let used: BTreeSet<String> = reader
                .replica
                .all(&entity.name)
                .filter_map(|item| item.value(&field.name)?.as_array().cloned())
                .flatten()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect();
            // Two ways to write one member are one option.
            let form = field.kind.form();
            let used: BTreeMap<String, &String> = used
                .iter()
                .map(|item| (form.key(item).into_owned(), item))
                .collect();
            let options = used
                .values()
                .map(|item| option(item.as_str().into(), (*item).clone()));
            by_label(reader, options.collect())
        }
        _ => Vec::new(),
    }
}

/// In the order of the device's language.
fn by_label(reader: &Reader<'_>, options: Vec<Choosable>) -> Vec<Choosable> {
    let labels: Vec<&str> = options.iter().map(|option| option.label.as_str()).collect();
    let ranks = reader.order.ranks("labels", &labels);
    // By insertion: a filter offers few.
    let mut ranked: Vec<(u64, Choosable)> = Vec::new();
    for (rank, option) in ranks.into_iter().zip(options) {
        let at = ranked.partition_point(|(other, _)| *other <= rank);
        ranked.insert(at, (rank, option));
    }
    ranked.into_iter().map(|(_, option)| option).collect()
}

/// Rows of the size of what is being fetched.
fn skeleton() -> AnyView {
    let row = |_| {
        view! {
            <li class="row skeleton">
                <div class="row__link">
                    <span class="row__title">{PRODUCT}</span>
                    <span class="row__meta">{PRODUCT}</span>
                    <span class="row__state">
                        <span class="badge">{PRODUCT}</span>
                    </span>
                    <span class="row__mark">
                        <span class="mark">{PRODUCT}</span>
                    </span>
                </div>
            </li>
        }
        .into_any()
    };
    view! {
        <ul class="rows" aria-hidden="true">
            {(0..6).map(row).collect_view()}
        </ul>
    }
    .into_any()
}
