//! Whether this is a bad moment for syncing in the background: low battery, or a line that costs.

use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::scope::{property, scope};

/// Below this charge, when not on the mains, background sync is put off.
const LOW: f64 = 0.2;

/// What the platform tells; `false` where it does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Power {
    pub low_battery: bool,
    /// The person asked the browser to save data, or the line is known to be mobile.
    pub metered: bool,
}

impl Power {
    pub async fn now() -> Self {
        Self {
            low_battery: low_battery().await.unwrap_or(false),
            metered: metered(),
        }
    }

    /// Whether a timer may sync now.
    pub fn allows_background(self) -> bool {
        !self.low_battery && !self.metered
    }
}

async fn low_battery() -> Option<bool> {
    let navigator = scope().navigator();
    let ask: Function = property(&navigator, "getBattery").dyn_into().ok()?;
    let asked: Promise = ask.call0(&navigator).ok()?.dyn_into().ok()?;
    let battery: JsValue = JsFuture::from(asked).await.ok()?;
    let charging = property(&battery, "charging").as_bool()?;
    let level = property(&battery, "level").as_f64()?;
    Some(!charging && level < LOW)
}

fn metered() -> bool {
    let connection = property(&scope().navigator(), "connection");
    property(&connection, "saveData").is_truthy()
        || property(&connection, "type").as_string().as_deref() == Some("cellular")
}
