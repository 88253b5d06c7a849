use std::{any::Any, fmt, marker::PhantomData, sync::Arc};

use leptos::prelude::{Get, GetUntracked, Signal};

/// A value that is worked out of others, and followed by whoever reads it.
///
/// Leptos' own is compiled anew for every type of value; this one, which takes its place in the whole app, keeps all
/// values behind one type and is compiled once.
pub struct Memo<T> {
    shared: leptos::prelude::Memo<Shared>,
    value: PhantomData<fn() -> T>,
}

/// A value of any type, and how two of that type are compared.
#[derive(Clone)]
struct Shared {
    value: Arc<dyn Any + Send + Sync>,
    same: fn(&dyn Any, &dyn Any) -> bool,
}

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        (self.same)(&*self.value, &*other.value)
    }
}

type Work = Box<dyn Fn(Option<&Shared>) -> Shared + Send + Sync>;

impl<T: PartialEq + Send + Sync + 'static> Memo<T> {
    /// `work` is given the value before, and done again when what it read has changed; who follows the memo is told
    /// if the value is another one.
    pub fn new(work: impl Fn(Option<&T>) -> T + Send + Sync + 'static) -> Self {
        let work = move |before: Option<&Shared>| Shared {
            value: Arc::new(work(before.and_then(|before| before.value.downcast_ref()))),
            same: |one, other| one.downcast_ref::<T>() == other.downcast_ref::<T>(),
        };
        Self {
            shared: memo(Box::new(work)),
            value: PhantomData,
        }
    }
}

impl<T: 'static> Memo<T> {
    /// Reads the value, and follows it.
    pub fn with<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(self.shared.get().of())
    }

    /// Reads the value as it is now.
    pub fn with_untracked<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(self.shared.get_untracked().of())
    }
}

impl<T: Clone + 'static> Memo<T> {
    pub fn get(self) -> T {
        self.with(T::clone)
    }

    pub fn get_untracked(self) -> T {
        self.with_untracked(T::clone)
    }
}

impl Shared {
    fn of<T: 'static>(&self) -> &T {
        match self.value.downcast_ref() {
            Some(value) => value,
            None => unreachable!("a memo holds what its work made"),
        }
    }
}

fn memo(work: Work) -> leptos::prelude::Memo<Shared> {
    leptos::prelude::Memo::new(work)
}

impl<T: Clone + Send + Sync + 'static> From<Memo<T>> for Signal<T> {
    fn from(memo: Memo<T>) -> Self {
        Signal::derive(move || memo.get())
    }
}

impl<T> Clone for Memo<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Memo<T> {}

impl<T> fmt::Debug for Memo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Memo").field(&self.shared).finish()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos::prelude::{Owner, RwSignal, Set};

    #[test]
    fn a_memo_tells_of_other_values_only() {
        let owner = Owner::new();
        owner.set();
        let typed = RwSignal::new(1);
        let rough = Memo::new(move |_| typed.get() / 10);
        let told = Memo::new(move |before: Option<&Vec<i32>>| {
            let mut told = before.cloned().unwrap_or_default();
            told.push(rough.get());
            told
        });
        assert_eq!(told.get(), [0]);
        typed.set(2);
        assert_eq!(told.get(), [0]);
        typed.set(12);
        assert_eq!(told.get(), [0, 1]);
        let followed: Signal<i32> = rough.into();
        assert_eq!(followed.get(), 1);
    }
}
