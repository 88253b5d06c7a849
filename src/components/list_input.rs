use holdfast_core::pack::Field;
use leptos::prelude::*;
use serde_json::{Map, Value};

use super::{FieldInput, For, icon, wiring::Wiring};
use crate::{
    forms::{Draft, FormState},
    state::Session,
    strings::records as words,
};

/// A list of small forms, or a single one for an object (`key_field` is `None`). The keys of new items are made here
/// unless a person chooses them, as with a reference.
#[component]
pub fn ListInput(wiring: Wiring, key_field: Option<String>, fields: Vec<Field>) -> AnyView {
    let Wiring { name, form, .. } = wiring;
    let initial: Vec<Value> = match form.initial(&name) {
        Value::Array(items) => items,
        Value::Null if key_field.is_some() => Vec::new(),
        value => vec![value],
    };
    let next = StoredValue::new(initial.len());
    let items = RwSignal::new(initial.into_iter().map(item_form).enumerate().collect::<Vec<_>>());
    let single = key_field.is_none();
    // The list's value follows what is typed into its items.
    let gather = Callback::new(move |()| {
        let all: Vec<Value> =
            items.with_untracked(|items| items.iter().map(|(_, item)| whole(*item)).collect());
        let value = if single {
            all.into_iter().next().unwrap_or_default()
        } else {
            Value::Array(all)
        };
        form.set(&name, value);
    });
    let made_key = key_field
        .clone()
        .filter(|key| !fields.iter().any(|field| &field.name == key && is_chosen(field)));
    let session = Session::here();
    let roles = session.read(|reader| session.me_of(reader).roles);
    let asked: Vec<Field> = fields
        .iter()
        .filter(|field| made_key.as_ref() != Some(&field.name) && field.is_filled_in_by(&roles))
        .cloned()
        .collect();
    let add = move |_| {
        let mut item = Map::new();
        if let Some(key) = &made_key {
            item.insert(key.clone(), uuid::Uuid::new_v4().to_string().into());
        }
        let number = next.get_value();
        next.set_value(number + 1);
        items.update(|items| items.push((number, item_form(Value::Object(item)))));
        gather.run(());
    };
    let remove = Callback::new(move |number: usize| {
        items.update(|items| items.retain(|(at, _)| *at != number));
        gather.run(());
    });
    view! {
        <For each=move || items.get() key=|(number, _)| *number let:entry>
            {item_card(&asked, entry, gather, (!single).then_some(remove))}
        </For>
        {(!single)
            .then(|| {
                view! {
                    <div class="cluster">
                        <button class="button" type="button" on:click=add>
                            {icon("add")}
                            {words::ADD_ITEM}
                        </button>
                    </div>
                }
                    .into_any()
            })}
    }
    .into_any()
}

/// The inputs of one item; of a list's, with the button that removes it.
fn item_card(
    asked: &[Field],
    (number, item): (usize, FormState),
    gather: Callback<()>,
    remove: Option<Callback<usize>>,
) -> AnyView {
    let inputs = asked
        .iter()
        .cloned()
        .map(|field| view! { <FieldInput field form=item /> }.into_any())
        .collect_view();
    let remove_button = remove.map(|remove| {
        view! {
            <div class="cluster">
                <button class="button button--quiet" type="button" on:click=move |_| remove.run(number)>
                    {icon("trash")}
                    {words::REMOVE_ITEM}
                </button>
            </div>
        }
        .into_any()
    });
    view! {
        <div class="card stack" on:input=move |_| gather.run(()) on:change=move |_| gather.run(())>
            {inputs}
            {remove_button}
        </div>
    }
    .into_any()
}

fn item_form(item: Value) -> FormState {
    FormState::new(Draft::of(item.as_object().cloned().unwrap_or_default()))
}

/// An item with what was typed over it; cleared parts leave it.
fn whole(item: FormState) -> Value {
    item.draft.with_untracked(|draft| {
        let mut whole = draft.seen().clone();
        whole.extend(draft.changed());
        whole.retain(|_, value| !value.is_null());
        Value::Object(whole)
    })
}

/// Whether a person chooses the key rather than the app making one.
fn is_chosen(field: &Field) -> bool {
    matches!(field.kind, holdfast_core::pack::FieldType::Reference { .. })
}
