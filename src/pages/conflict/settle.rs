use holdfast_core::pack::Field;
use leptos::prelude::*;

use super::resolve;
use crate::{
    components::{FieldInput, button, icon, side_radio},
    format::{
        diff::additions,
        inbox::{Conflict, Contested, WHOLE_RECORD},
        time,
    },
    forms::{Choice, Draft, FormState, Settlement},
    state::Session,
    strings::{inbox as words, shell, value::EMPTY},
};

/// Field by field: the value before, mine, theirs, or a new one.
#[component]
pub fn Settle(conflict: Conflict) -> AnyView {
    let session = Session::here();
    let names: Vec<String> = conflict
        .contested
        .iter()
        .map(|field| field.name.clone())
        .collect();
    let total = names.len();
    let settlement = RwSignal::new(Settlement::new(names));
    let id = StoredValue::new(conflict.id.clone());
    let settled = RwSignal::new(false);
    keep_written(session, &conflict, settlement, settled);
    let send = move |_| {
        if let Some(resolution) = settlement.with_untracked(Settlement::resolution) {
            resolve(session, id.get_value(), resolution, move || settled.set(true));
        }
    };
    let missing = move || settlement.with(Settlement::missing);
    let label = move || match missing() {
        0 => words::SETTLE.to_owned(),
        missing => words::choose_more(missing),
    };
    let who = conflict.who.clone();
    let when = conflict.my_time;
    let contested = conflict.contested.clone().into_iter().enumerate();
    let fields = contested
        .map(|(at, field)| {
            view! { <ContestedField field place=(at + 1, total) who=who.clone() mine_at=when settlement /> }
                .into_any()
        })
        .collect_view();
    view! {
        {story(session, &conflict)}
        <form
            class="section section--wide stack stack--wide"
            autocomplete="off"
            on:submit=|event| event.prevent_default()
        >
            {fields}
            {(total > 1).then(|| all_at_once(settlement))}
            <p class="quiet small">{words::UNDOABLE}</p>
        </form>
        <div class="actionbar">
            <a class="button button--narrow" href="/inbox">
                {shell::LATER}
            </a>
            <button
                class="button button--primary"
                type="button"
                disabled=move || { missing() > 0 }
                on:click=send
            >
                {label}
            </button>
        </div>
    }
    .into_any()
}

/// Buttons that choose the same side for all fields.
fn all_at_once(settlement: RwSignal<Settlement>) -> AnyView {
    view! {
        <div class="cluster">
            {button(
                "button",
                words::ALL_MINE,
                move |_| settlement.update(|all| all.choose_all(&Choice::Mine)),
            )}
            {button(
                "button",
                words::ALL_THEIRS,
                move |_| settlement.update(|all| all.choose_all(&Choice::Theirs)),
            )}
        </div>
    }
    .into_any()
}

/// What is written anew is kept until it is sent.
fn keep_written(
    session: Session,
    conflict: &Conflict,
    settlement: RwSignal<Settlement>,
    settled: RwSignal<bool>,
) {
    let place = format!("inbox/{}", conflict.id);
    if let Some(kept) = session.drafts.kept(&place) {
        for (field, value) in kept.changed() {
            settlement.update(|all| {
                all.write(&field, value);
                all.choose(&field, Choice::Own);
            });
        }
    }
    session.drafts.follow(place, move || {
        let mut draft = Draft::default();
        settlement.with(|all| {
            all.written()
                .for_each(|(field, value)| draft.set(field, value.clone()))
        });
        (!settled.get() && draft.is_dirty()).then_some(draft)
    });
}

/// Who did what, and when.
fn story(session: Session, conflict: &Conflict) -> AnyView {
    let moment = |at: Option<holdfast_core::Timestamp>| {
        at.map(|at| time::day_time(at, session.server_now(), session.zone()))
            .unwrap_or_default()
    };
    let person = |symbol: &'static str, who: String, when: String| {
        view! {
            <li class="story__person">
                {icon(symbol)}<span dir="auto">{who} <br /> <span class="story__when">{when}</span></span>
            </li>
        }
        .into_any()
    };
    view! {
        <header class="story">
            <h2 class="story__title" dir="auto">
                {words::both_changed(&conflict.who, &conflict.kind)}
            </h2>
            <p dir="auto">{conflict.title.clone()}</p>
            <p>{words::REST_MERGED} " " {words::need_word(conflict.contested.len())}</p>
            <ul class="story__people">
                {person("device", words::YOU_HERE.to_owned(), moment(conflict.my_time))}
                {person("person", conflict.who.clone(), moment(conflict.their_time))}
            </ul>
        </header>
    }
    .into_any()
}

#[component]
fn ContestedField(
    field: Contested,
    place: (usize, usize),
    who: String,
    mine_at: Option<holdfast_core::Timestamp>,
    settlement: RwSignal<Settlement>,
) -> AnyView {
    let whole = field.name == WHOLE_RECORD;
    let label = if whole {
        words::DELETION.to_owned()
    } else {
        field.label.clone()
    };
    let (mine, theirs) = both_sides(settlement, &field, who, mine_at);
    let own = field
        .field
        .clone()
        .map(|declared| own_value(settlement, &field, declared));
    let name = field.name.clone();
    let remember = move |event| settlement.update(|all| all.remember(&name, event_target_checked(&event)));
    view! {
        <fieldset class="settle">
            <legend class="visually-hidden">{label.clone()}</legend>
            <div class="settle__head">
                <h3 class="settle__title">{label.clone()}</h3>
                <span class="quiet small">{words::one_of(place.0, place.1)}</span>
            </div>
            {(!whole)
                .then(|| {
                    view! {
                        <div class="settle__base prose" dir="auto">
                            <span class="settle__label">{words::BEFORE}</span>
                            {field.base.clone()}
                        </div>
                    }
                        .into_any()
                })}
            <div class="settle__sides">{mine} {theirs} {own}</div>
            {(!whole)
                .then(|| {
                    view! {
                        <label class="check">
                            <input class="check__box" type="checkbox" on:change=remember />
                            <span>{words::remember(&label)}</span>
                        </label>
                    }
                        .into_any()
                })}
        </fieldset>
    }
    .into_any()
}

/// My value and theirs, as choices.
fn both_sides(
    settlement: RwSignal<Settlement>,
    field: &Contested,
    who: String,
    mine_at: Option<holdfast_core::Timestamp>,
) -> (AnyView, AnyView) {
    let session = Session::here();
    let moment = |at: Option<holdfast_core::Timestamp>| {
        at.map(|at| time::day_time(at, session.server_now(), session.zone()))
            .unwrap_or_default()
    };
    let whole = field.name == WHOLE_RECORD;
    let who = if field.who.is_empty() {
        who
    } else {
        field.who.clone()
    };
    let (mine_effect, theirs_effect) = if whole {
        (
            words::DELETION_EFFECT.to_owned(),
            words::KEEP_RECORD_EFFECT.to_owned(),
        )
    } else {
        (words::mine_effect(&who), words::theirs_effect(&who))
    };
    let mine = side(
        settlement,
        field,
        Choice::Mine,
        words::MINE,
        words::by(words::YOU, &moment(mine_at)),
        &field.mine,
        mine_effect,
    );
    let theirs = side(
        settlement,
        field,
        Choice::Theirs,
        words::THEIRS,
        words::by(&who, &moment(field.when)),
        &field.theirs,
        theirs_effect,
    );
    (mine, theirs)
}

fn side(
    settlement: RwSignal<Settlement>,
    field: &Contested,
    choice: Choice,
    title: &'static str,
    when: String,
    value: &str,
    effect: String,
) -> AnyView {
    let (group, name) = (format!("settle-{}", field.name), field.name.clone());
    let (shown, mine) = (field.name.clone(), choice.clone());
    let checked = move || settlement.with(|all| all.choice(&shown) == Some(&mine));
    let choose = move |_| settlement.update(|all| all.choose(&name, choice.clone()));
    view! {
        <label class="side">
            <input class="side__choice" type="radio" name=group prop:checked=checked on:change=choose />
            <span class="side__who" dir="auto">
                {side_radio()}
                {title}
            </span>
            <span class="side__when">{when}</span>
            <span class="side__value prose" dir="auto">
                {marked(field, value)}
            </span>
            <span class="side__effect">{effect}</span>
        </label>
    }
    .into_any()
}

/// A text with what is new in it marked; any other value as it is.
fn marked(field: &Contested, value: &str) -> AnyView {
    if !field.is_text() || value == EMPTY {
        return value.to_owned().into_any();
    }
    let base = if field.base == EMPTY { "" } else { &field.base };
    let piece = |piece: crate::format::diff::Piece| {
        if piece.added {
            view! { <ins>{piece.text}</ins> }.into_any()
        } else {
            piece.text.into_any()
        }
    };
    additions(base, value)
        .into_iter()
        .map(piece)
        .collect_view()
        .into_any()
}

/// Neither value, but one that is written anew, beginning with mine.
fn own_value(settlement: RwSignal<Settlement>, field: &Contested, mut declared: Field) -> AnyView {
    let (group, name) = (format!("settle-{}", field.name), field.name.clone());
    let mut draft = Draft::default();
    let written = settlement.with_untracked(|all| all.own(&field.name).cloned());
    draft.set(&field.name, written.unwrap_or_else(|| field.mine_value.clone()));
    let form = FormState::new(draft);
    declared.label = words::OWN_LABEL.to_owned();
    declared.help = None;
    let written = name.clone();
    let keep = move || settlement.update(|all| all.write(&written, form.initial(&written)));
    let (chosen, shown) = (name.clone(), name);
    let checked = move || settlement.with(|all| all.choice(&shown) == Some(&Choice::Own));
    let first = keep.clone();
    let choose = move |_| {
        first();
        settlement.update(|all| all.choose(&chosen, Choice::Own));
    };
    let (typed, changed) = (keep.clone(), keep);
    view! {
        <label class="side side--own">
            <input class="side__choice" type="radio" name=group prop:checked=checked on:change=choose />
            <span class="side__who">{side_radio()} {words::OWN}</span>
            <span class="side__effect">{words::OWN_EFFECT}</span>
        </label>
        <div class="settle__own" on:input=move |_| typed() on:change=move |_| changed()>
            <FieldInput field=declared form />
        </div>
    }
    .into_any()
}
