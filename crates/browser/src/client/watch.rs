//! Live queries.

use std::{cell::RefCell, rc::Rc};

use super::{
    listeners::{ClientEvent, Subscription},
    open_data::OpenData,
    snapshot::Snapshot,
};

/// A live query. Dropping it ends it.
#[derive(Debug)]
#[must_use = "dropping it ends the live query"]
pub struct Watch {
    _subscription: Subscription,
}

/// Asks now and after each commit; calls `tell` with each answer that differs from the one before.
pub(super) fn watch<T: PartialEq + 'static>(
    data: &Rc<OpenData>,
    ask: impl Fn(Snapshot<'_>) -> T + 'static,
    tell: impl Fn(&T) + 'static,
) -> Watch {
    let known = RefCell::new(None);
    follow(
        data,
        Rc::new(move |data| {
            let answer = Some(data.read(&ask));
            if *known.borrow() == answer {
                return;
            }
            // Nothing is borrowed while `tell` runs: it may read, and drop the watch.
            answer.iter().for_each(&tell);
            known.replace(answer);
        }),
    )
}

/// Compiled once, whatever is asked.
fn follow(data: &Rc<OpenData>, refresh: Rc<dyn Fn(&OpenData)>) -> Watch {
    let (asked, again) = (Rc::downgrade(data), refresh.clone());
    let subscription = data.environment.listeners.add(move |event| {
        // The listeners are the client's: they outlive the session.
        if let (ClientEvent::Changed(_), Some(data)) = (event, asked.upgrade())
            && !data.is_closed()
        {
            again(&data);
        }
    });
    refresh(data);
    Watch {
        _subscription: subscription,
    }
}
