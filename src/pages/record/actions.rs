use holdfast_core::{
    plan::Edit,
    record::{Operation, RecordKey},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    components::{Dialog, FieldInput, Show, button, focused_button, icon, record::Open},
    forms::{Action, FormState, actions_for, asked, filled},
    routes::{of_flow, of_record},
    state::{Fault, Memo, Session},
    strings::{records as words, shell},
};

/// What can be done with a record: its first action under the thumb, the others one tap away.
#[component]
pub fn ActionBar(open: Open) -> AnyView {
    let session = Session::here();
    let actions = actions_of(session, open);
    let (may_edit, may_delete) = open.entity.with_value(|entity| {
        (
            session.may(entity, Operation::Update),
            session.may(entity, Operation::Delete),
        )
    });
    // A dialog in which something was typed and not saved is there again.
    let typed_in = |action: &Action| {
        let place = open.key().map(|key| place_of(&key, action));
        place.is_some_and(|place| session.drafts.kept(&place).is_some())
    };
    let asking = RwSignal::new(
        actions.with_untracked(|actions| actions.iter().find(|action| typed_in(action)).cloned()),
    );
    let menu = RwSignal::new(false);
    let act = Callback::new(move |action: Action| {
        menu.set(false);
        match open.key() {
            Some(key) if action.is_flow => session.go(&of_flow(&key, &action.kind)),
            _ if action.ask.is_empty() => perform(session, open, action, Default::default(), None),
            _ => asking.set(Some(action)),
        }
    });
    let pinned = session.live(move |reader| open.key().is_some_and(|key| reader.replica.is_pinned(&key)));
    let deleting = RwSignal::new(false);
    view! {
        {bar(open, actions, may_edit, menu, act)}
        <Show when=move || {
            menu.get()
        }>{menu_dialog(session, open, actions, pinned, act, menu, may_delete.then_some(deleting))}</Show>
        {move || {
            asking
                .get()
                .map(|action| {
                    view! { <AskDialog open action on_close=Callback::new(move |()| asking.set(None)) /> }
                        .into_any()
                })
        }}
        <Show when=move || deleting.get()>
            <DeleteDialog open on_close=Callback::new(move |()| deleting.set(false)) />
        </Show>
    }
    .into_any()
}

/// The actions that the record allows now.
fn actions_of(session: Session, open: Open) -> Memo<Vec<Action>> {
    session.live(move |reader| {
        let me = session.me_of(reader);
        open.shown.with(|shown| match shown {
            Some(shown) => open.entity.with_value(|entity| {
                let pack = reader.replica.packs().pack_of(&entity.name);
                pack.map(|pack| actions_for(pack, entity, &shown.fields, &me, reader.now))
                    .unwrap_or_default()
            }),
            None => Vec::new(),
        })
    })
}

/// The bar: the menu, the form, and the first action.
fn bar(
    open: Open,
    actions: Memo<Vec<Action>>,
    may_edit: bool,
    menu: RwSignal<bool>,
    act: Callback<Action>,
) -> AnyView {
    let edit = move || {
        open.shown.with(|shown| {
            shown
                .as_ref()
                .map(|shown| format!("{}/edit", of_record(&shown.key)))
        })
    };
    let first = move || actions.with(|actions| actions.first().cloned());
    view! {
        <div class="actionbar">
            <button
                class="button button--narrow button--square"
                type="button"
                aria-label=words::MORE_ACTIONS
                aria-haspopup="dialog"
                on:click=move |_| menu.set(true)
            >
                {icon("dots")}
            </button>
            {may_edit
                .then(|| {
                    view! {
                        <a class="button button--narrow" href=edit>
                            {icon("edit")}
                            {words::EDIT}
                        </a>
                    }
                        .into_any()
                })}
            {move || {
                first()
                    .map(|action| {
                        let label = action.label.clone();
                        view! {
                            <button
                                class="button button--primary"
                                type="button"
                                on:click=move |_| act.run(action.clone())
                            >
                                {icon("check")}
                                {label}
                            </button>
                        }
                            .into_any()
                    })
            }}
        </div>
    }
    .into_any()
}

/// All other actions; pinning; and deleting, for users who may.
fn menu_dialog(
    session: Session,
    open: Open,
    actions: Memo<Vec<Action>>,
    pinned: Memo<bool>,
    act: Callback<Action>,
    menu: RwSignal<bool>,
    deleting: Option<RwSignal<bool>>,
) -> AnyView {
    let more = move || actions.with(|actions| actions.iter().skip(1).cloned().collect::<Vec<_>>());
    let pin = move |_| {
        menu.set(false);
        if let Some(key) = open.key() {
            session.pin(key, !pinned.get_untracked());
        }
    };
    view! {
        <Dialog title=words::MORE_ACTIONS on_close=Callback::new(move |()| menu.set(false))>
            <div class="card settings card--flush">
                {move || more().into_iter().map(|action| action_line(action, act)).collect_view()}
                <button class="setting" type="button" on:click=pin>
                    <span class="setting__text">
                        <span class="setting__name">
                            {move || if pinned.get() { words::UNPIN } else { words::PIN }}
                        </span>
                    </span>
                    {icon("device")}
                </button>
                {deleting
                    .map(|deleting| {
                        view! {
                            <button
                                class="setting"
                                type="button"
                                on:click=move |_| {
                                    menu.set(false);
                                    deleting.set(true);
                                }
                            >
                                <span class="setting__text">
                                    <span class="setting__name">{words::DELETE}</span>
                                </span>
                                {icon("trash")}
                            </button>
                        }
                            .into_any()
                    })}
            </div>
        </Dialog>
    }
    .into_any()
}

fn action_line(action: Action, act: Callback<Action>) -> AnyView {
    let label = action.label.clone();
    view! {
        <button class="setting" type="button" on:click=move |_| act.run(action.clone())>
            <span class="setting__text">
                <span class="setting__name">{label}</span>
            </span>
            {icon("chevron")}
        </button>
    }
    .into_any()
}

/// Queues an action: what it sets and what its author was asked.
fn perform(
    session: Session,
    open: Open,
    action: Action,
    asked: holdfast_core::Fields,
    done: Option<(FormState, Callback<()>)>,
) {
    let Some(key) = open.key() else { return };
    spawn_local(async move {
        let mut fields = session.read(|reader| filled(&action.set, &session.me_of(reader), reader.now));
        fields.extend(asked);
        let edit = Edit {
            key,
            operation: Operation::Update,
            fields,
            seen: None,
            kind: Some(action.kind),
        };
        match (session.edit(edit).await, done) {
            (Ok(_), Some((_, close))) => close.run(()),
            (Ok(_), None) => {}
            (Err(Fault::Fields(errors)), Some((form, _))) => form.draft.update(|draft| draft.refuse(errors)),
            (Err(fault), _) => session.toasts.say(fault.to_string()),
        }
    });
}

/// Where what is typed for an action is kept.
fn place_of(key: &RecordKey, action: &Action) -> String {
    format!("{key}#{}", action.label)
}

/// What an action needs to know before it is done.
#[component]
fn AskDialog(open: Open, action: Action, on_close: Callback<()>) -> AnyView {
    let session = Session::here();
    let seen = open.shown.with_untracked(|shown| {
        shown
            .as_ref()
            .map(|shown| shown.fields.clone())
            .unwrap_or_default()
    });
    let fields = open
        .entity
        .with_value(|entity| asked::fields_of(entity, &action.ask));
    let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    let fresh = asked::draft(seen.clone(), &fields, uuid::Uuid::new_v4().to_string());
    let started = fresh.changed();
    let place = open.key().map(|key| place_of(&key, &action));
    let kept = place.as_ref().and_then(|place| {
        session
            .drafts
            .unsaved(place, |draft| asked::is_said(draft, &fields, &seen))
    });
    let form = FormState::new(kept.unwrap_or(fresh));
    let ended = RwSignal::new(false);
    if let Some(place) = place {
        session.drafts.follow(place, move || {
            let typed = form.draft.get();
            (!ended.get() && typed.changed() != started).then_some(typed)
        });
    }
    let on_close = Callback::new(move |()| {
        ended.set(true);
        on_close.run(());
    });
    let label = action.label.clone();
    let inputs = fields
        .iter()
        .map(|field| view! { <FieldInput field=field.clone() form /> }.into_any())
        .collect_view();
    let go = StoredValue::new((action, fields));
    let submit = move || {
        let (action, fields) = go.get_value();
        let (me, at) = session.read(|reader| (session.me_of(reader).user_id, reader.now));
        let values = form
            .draft
            .with_untracked(|draft| asked::values(draft, &fields, |name| open.now(name), &me, at));
        perform(session, open, action, values, Some((form, on_close)));
    };
    view! {
        <Dialog
            title=label.clone()
            on_close
            actions=Box::new(move || {
                view! {
                    <button
                        class="button button--primary button--large"
                        type="button"
                        on:click=move |_| submit()
                    >
                        {label}
                    </button>
                    {button("button button--large", shell::CANCEL, move |_| on_close.run(()))}
                }
                    .into_any()
            })
        >
            <div class="stack stack--wide">{move || errors_elsewhere(form, &names)} {inputs}</div>
        </Dialog>
    }
    .into_any()
}

/// Errors of fields that the dialog does not ask for.
fn errors_elsewhere(form: FormState, names: &[String]) -> AnyView {
    form.draft
        .with(|draft| draft.other_errors(names))
        .into_iter()
        .map(|error| {
            view! {
                <p class="field__error" role="alert">
                    {error}
                </p>
            }
            .into_any()
        })
        .collect_view()
        .into_any()
}

#[component]
fn DeleteDialog(open: Open, on_close: Callback<()>) -> AnyView {
    let session = Session::here();
    let title = words::delete_ask(&open.entity.with_value(|entity| entity.title.clone()));
    let delete = move |_| {
        on_close.run(());
        let Some(key) = open.key() else { return };
        spawn_local(async move {
            let list = format!("/records/{}", key.entity_type);
            let edit = Edit {
                key,
                operation: Operation::Delete,
                fields: Default::default(),
                seen: None,
                kind: None,
            };
            match session.edit(edit).await {
                Ok(_) => {
                    session.go(&list);
                    session.toasts.say(words::DELETED.to_owned());
                }
                Err(fault) => session.toasts.say(fault.to_string()),
            }
        });
    };
    view! {
        <Dialog
            title
            on_close
            actions=Box::new(move || {
                view! {
                    {button("button button--danger-solid button--large", words::DELETE, delete)}
                    {focused_button("button button--large", shell::CANCEL, move |_| on_close.run(()))}
                }
                    .into_any()
            })
        >
            <p>{words::DELETE_TEXT}</p>
        </Dialog>
    }
    .into_any()
}
