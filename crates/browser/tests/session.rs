//! What a session offers to a page that embeds it: live queries, a transport of its own, a context that waits to be told.

#![allow(clippy::unwrap_used)]

mod support;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use holdfast_browser::{
    client::{Client, ClientEvent, Context, Session, Watch},
    clock::PlatformClock,
    vault::Vault,
};
use holdfast_core::{
    engine::{Round, Trigger},
    ports::{Clock, Request, Response, Transport, Unreachable},
    record::RecordKey,
};
use support::device::{Device, PASSCODE, gate_event, until};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

type Told = Rc<RefCell<Vec<Option<String>>>>;

/// A live query of one plate, and what it told.
fn watch_plate(session: &Session, id: &'static str) -> (Watch, Told) {
    let told = Told::default();
    let telling = told.clone();
    let watch = session.watch(
        move |device| {
            let view = device.view(&RecordKey::new("gate-event", id))?;
            Some(view.text("plate").to_owned())
        },
        move |plate| telling.borrow_mut().push(plate.clone()),
    );
    (watch, told)
}

fn plate(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[wasm_bindgen_test]
async fn a_live_query_tells_each_new_answer_and_ends_when_it_is_dropped() {
    let device = Device::new();
    let (_first, session) = device.set_up().await;
    let second = device.context(Context::Page);
    let other = second.unlock(&device.user_id, PASSCODE).await.unwrap();
    let (here, told_here) = watch_plate(&session, "1");
    let (there, told_there) = watch_plate(&other, "1");
    assert_eq!(*told_here.borrow(), [None], "the first answer comes at once");
    session.queue().edit(&gate_event("1", "AB 12")).await.unwrap();
    assert_eq!(*told_here.borrow(), [None, plate("AB 12")]);
    until("the other tab is told", || told_there.borrow().len() == 2).await;
    session.queue().edit(&gate_event("2", "CD 34")).await.unwrap();
    other.sync().catch_up().await.unwrap();
    assert_eq!(told_here.borrow().len(), 2, "another record is no new answer");
    assert_eq!(*told_there.borrow(), [None, plate("AB 12")]);
    drop((here, there));
    assert_eq!(
        Rc::strong_count(&told_here),
        1,
        "nothing is kept for a query that ended"
    );
}

#[wasm_bindgen_test]
async fn a_live_query_ends_with_its_session() {
    let device = Device::new();
    let (client, session) = device.set_up().await;
    let (_watch, told) = watch_plate(&session, "1");
    client.lock().await.unwrap();
    let again = client.unlock(&device.user_id, PASSCODE).await.unwrap();
    again.queue().edit(&gate_event("1", "AB 12")).await.unwrap();
    assert_eq!(*told.borrow(), [None], "the data that it asked is closed");
}

#[wasm_bindgen_test]
async fn a_live_query_may_be_dropped_by_what_it_tells() {
    let device = Device::new();
    let (_client, session) = device.set_up().await;
    let slot: Rc<RefCell<Option<Watch>>> = Rc::default();
    let (ending, times) = (slot.clone(), Rc::new(Cell::new(0)));
    let counting = times.clone();
    let watch = session.watch(
        |device| device.unsent(),
        move |_| {
            counting.set(counting.get() + 1);
            ending.take();
        },
    );
    slot.replace(Some(watch));
    for id in ["1", "2"] {
        session.queue().edit(&gate_event(id, "AB 12")).await.unwrap();
    }
    assert_eq!(
        times.get(),
        2,
        "the first answer, and the one after which it ended"
    );
}

/// Counts requests, and answers none.
#[derive(Clone, Default)]
struct Counting(Rc<Cell<u32>>);

impl Transport for Counting {
    async fn send(&self, _request: Request) -> Result<Response, Unreachable> {
        self.0.set(self.0.get() + 1);
        Err(Unreachable("no server".into()))
    }
}

#[wasm_bindgen_test]
async fn a_manual_context_sends_over_the_given_transport_and_only_when_it_is_told_to() {
    let device = Device::new();
    let (page, _) = device.set_up().await;
    page.lock().await.unwrap();
    let requests = Counting::default();
    let client = Client::builder(Context::Manual)
        .vault(Vault::named(&device.vault))
        .transport(requests.clone())
        .build();
    let session = client.unlock(&device.user_id, PASSCODE).await.unwrap();
    session.queue().edit(&gate_event("1", "AB 12")).await.unwrap();
    PlatformClock.sleep(100).await;
    assert_eq!(requests.0.get(), 0);
    let round = session.sync().run_alone(Trigger::Manual).await;
    assert_ne!(round, Round::Done);
    assert!(requests.0.get() > 0);
    assert_eq!(session.read(|device| device.unsent()), 1);
}

#[wasm_bindgen_test]
async fn closing_one_context_leaves_the_others_open() {
    let device = Device::new();
    let (first, session) = device.set_up().await;
    let second = device.context(Context::Page);
    let other = second.unlock(&device.user_id, PASSCODE).await.unwrap();
    let heard: Rc<RefCell<Vec<ClientEvent>>> = Rc::default();
    let hearing = heard.clone();
    let _subscription = first.subscribe(move |event| hearing.borrow_mut().push(event));
    first.close();
    assert!(session.is_closed() && first.session().is_none());
    assert!(heard.borrow().contains(&ClientEvent::Locked));
    PlatformClock.sleep(100).await;
    assert!(!other.is_closed());
    other.queue().edit(&gate_event("1", "AB 12")).await.unwrap();
}
