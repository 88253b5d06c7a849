//! A page that is unlocked lets the service worker in, and other pages of its person once the data key was replaced.
//!
//! The worker answers requests of any page and is started anew all the time; without the keys it could only answer
//! "locked". While a page is open and unlocked, the worker asks for its keys over a BroadcastChannel. They stay what
//! they are, keys that nobody can export, and are gone from the worker when it ends or the device is locked. They are lent
//! for a short time: a worker that goes on without any unlocked page closes when it next looks.

use chrono::Duration;
use futures::{
    channel::oneshot,
    future::{Either, select},
};
use holdfast_core::ports::Clock;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

use crate::{
    clock::PlatformClock,
    scope::{object, property},
    seal::{Generation, Keys},
    vault::Unlocked,
};

const CHANNEL: &str = "holdfast-keys";

/// For how long an answer is waited for, in milliseconds.
const PATIENCE_MS: u64 = 300;

/// For how long the worker goes on before it asks again.
const LENT_FOR: Duration = Duration::seconds(60);

/// Answers the worker for as long as it lives.
#[derive(Debug)]
pub struct Doorkeeper {
    channel: BroadcastChannel,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Doorkeeper {
    /// `unlocked` is asked each time what is open now. `None` where the browser has no BroadcastChannel.
    pub fn new(unlocked: impl Fn() -> Option<Unlocked> + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(CHANNEL).ok()?;
        let answering = channel.clone();
        let on_message = Closure::new(move |event: MessageEvent| {
            let wanted = property(&event.data(), "wanted").as_string();
            let generation = property(&event.data(), "generation").as_f64();
            let asked = |unlocked: &Unlocked| {
                wanted.as_ref() == Some(&unlocked.user_id) && generation == Some(generation_of(unlocked))
            };
            if let Some(unlocked) = unlocked().filter(asked) {
                // Fails only once the channel is closed.
                let _ = answering.post_message(&message(&unlocked));
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Some(Self {
            channel,
            _on_message: on_message,
        })
    }
}

impl Drop for Doorkeeper {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}

/// What a page that is unlocked for this person, with the data key of this generation, answers; `None` if there is none.
pub async fn ask(user_id: &str, generation: Generation) -> Option<Unlocked> {
    let channel = BroadcastChannel::new(CHANNEL).ok()?;
    let (tell, told) = oneshot::channel();
    let (mut tell, wanted) = (Some(tell), user_id.to_owned());
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(unlocked) = read(&event.data())
            && unlocked.user_id == wanted
            && unlocked.keys.generation() == generation
            && let Some(tell) = tell.take()
        {
            // Too late: whoever asked has given up.
            let _ = tell.send(unlocked);
        }
    });
    channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    let asked = channel
        .post_message(&object(&[
            ("wanted", user_id.into()),
            ("generation", generation.into()),
        ]))
        .is_ok();
    let answer = match asked {
        true => select(told, Box::pin(PlatformClock.sleep(PATIENCE_MS))).await,
        false => return None,
    };
    channel.set_onmessage(None);
    channel.close();
    match answer {
        Either::Left((unlocked, _)) => unlocked.ok(),
        Either::Right(_) => None,
    }
}

fn generation_of(unlocked: &Unlocked) -> f64 {
    unlocked.keys.generation().into()
}

fn message(unlocked: &Unlocked) -> JsValue {
    object(&[
        ("userId", unlocked.user_id.as_str().into()),
        ("database", unlocked.database.as_str().into()),
        ("keys", unlocked.keys.as_value()),
        ("locks", unlocked.locks.into()),
    ])
    .into()
}

fn read(data: &JsValue) -> Option<Unlocked> {
    Some(Unlocked {
        user_id: property(data, "userId").as_string()?,
        database: property(data, "database").as_string()?,
        keys: Keys::of_value(&property(data, "keys"))?,
        locks: property(data, "locks").as_f64()? as u32,
        until: Some(PlatformClock.now() + LENT_FOR),
    })
}
