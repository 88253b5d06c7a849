use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use leptos::prelude::*;

/// An entry of any list: what tells it from the others, and how it is made.
struct Entry {
    key: u64,
    view: Box<dyn FnOnce() -> AnyView + Send>,
}

/// A list whose entries are made anew only when their keys are new.
///
/// Leptos' own is compiled anew for every type of entry; this one, which takes its place in all pages, leaves to the
/// caller's types no more than the making of keys and views.
#[component]
pub fn For<T, K, V>(
    each: impl Fn() -> Vec<T> + Send + 'static,
    key: fn(&T) -> K,
    children: impl Fn(T) -> V + Send + Sync + 'static,
) -> AnyView
where
    T: Send + 'static,
    K: Hash + 'static,
    V: IntoView + 'static,
{
    let children = Arc::new(children);
    let entry = move |item: T| {
        let (key, children) = (digest(&key(&item)), children.clone());
        Entry {
            key,
            view: Box::new(move || children(item).into_any()),
        }
    };
    entries(Box::new(move || each().into_iter().map(&entry).collect()))
}

fn entries(each: Box<dyn Fn() -> Vec<Entry> + Send>) -> AnyView {
    view! { <leptos::prelude::For each key=|entry| entry.key children=|entry| (entry.view)() /> }.into_any()
}

/// Keys of any type as numbers: no list here is long enough for two of them to meet.
fn digest(key: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
