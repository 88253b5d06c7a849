//! What the contexts of one person tell each other, by BroadcastChannel.

use holdfast_core::{
    Timestamp,
    json::{self, Faults, FromJson, Object},
    store::Revision,
};
use serde::Serialize;
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

use crate::seal::Generation;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Message {
    /// Somebody committed: catch up to this revision.
    Changed { revision: Revision },
    /// There is something to sync, and the sender does not hold the lock: whoever does, go round again.
    SyncWanted,
    /// A round has ended here, and its lock is free; whether it did all it could.
    #[serde(rename_all = "camelCase")]
    SyncEnded {
        reached: bool,
        /// When another round may get further.
        again_at: Option<Timestamp>,
        /// When the server is probed next, if it is out of reach.
        probe_at: Option<Timestamp>,
    },
    /// A setting of the person's was changed: read it again.
    SettingsChanged,
    /// Nothing sealed with an earlier data key than this is left: forget that one.
    #[serde(rename_all = "camelCase")]
    KeyReplaced { generation: Generation },
    /// Forget the keys.
    Locked,
    /// The data is gone from this device.
    SignedOut,
}

impl FromJson for Message {
    fn read(value: Value, faults: &mut Faults) -> Self {
        let (name, content) = faults.variant(value);
        match name.as_str() {
            "changed" => Self::Changed {
                revision: Object::of(content, faults).take("revision"),
            },
            "syncEnded" => {
                let mut ended = Object::of(content, faults);
                Self::SyncEnded {
                    reached: ended.take("reached"),
                    again_at: ended.take("againAt"),
                    probe_at: ended.take("probeAt"),
                }
            }
            "keyReplaced" => Self::KeyReplaced {
                generation: Object::of(content, faults).take("generation"),
            },
            "syncWanted" => Self::SyncWanted,
            "settingsChanged" => Self::SettingsChanged,
            "locked" => Self::Locked,
            "signedOut" => Self::SignedOut,
            _ => {
                faults.note();
                Self::SyncWanted
            }
        }
    }
}

/// A channel among contexts; a context does not hear itself.
#[derive(Debug)]
pub struct Channel {
    channel: BroadcastChannel,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Channel {
    /// Joins the channel of this name. `None` where the browser has none: the store's revision then still keeps
    /// contexts from overwriting each other, they only notice later.
    pub fn join(name: &str, heard: impl Fn(Message) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(name).ok()?;
        let on_message = Closure::new(move |event: MessageEvent| {
            let text = event.data().as_string().unwrap_or_default();
            // A message of another version of the app is nothing to stumble over.
            if let Ok(message) = json::from_slice(text.as_bytes()) {
                heard(message);
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Some(Self {
            channel,
            _on_message: on_message,
        })
    }

    pub fn tell(&self, message: &Message) {
        if let Ok(text) = serde_json::to_string(message) {
            // Fails only once the channel is closed.
            let _ = self.channel.post_message(&JsValue::from_str(&text));
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}
