use holdfast_browser::storage_health::StorageHealth;
use holdfast_core::{
    json::{self, FromJson},
    ports::{Method, Request},
};
use leptos::prelude::Track;
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

use super::{Fault, Session};
use crate::{
    format::time::{self, Zone},
    strings::{PRODUCT, shell},
};

/// What the browser tells about storage, in bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StorageUse {
    pub usage: Option<f64>,
    pub quota: Option<f64>,
    pub persisted: bool,
}

impl Session {
    /// Asks the server and nobody else: for what is never kept on a device.
    pub async fn ask_server<T: FromJson>(self, path: &str) -> Result<T, Fault> {
        let data = self.data().ok_or(Fault::Offline)?;
        let answer: Value = data.server().send(&Request::get(path)).await?;
        Ok(json::from_value(answer)?)
    }

    /// Tells the server now; nothing is queued.
    pub async fn tell_server(self, path: &str, body: Value) -> Result<(), Fault> {
        let data = self.data().ok_or(Fault::Offline)?;
        let request = Request::json(Method::Post, path, body.to_string());
        data.server().send::<Value>(&request).await?;
        self.sync_now();
        Ok(())
    }

    /// Has the server take something away now; nothing is queued.
    pub async fn withdraw(self, path: &str) -> Result<(), Fault> {
        let data = self.data().ok_or(Fault::Offline)?;
        let request = Request::new(Method::Delete, path);
        data.server().send::<Value>(&request).await?;
        Ok(())
    }

    pub async fn storage_use(self) -> StorageUse {
        let health = StorageHealth::now().await;
        StorageUse {
            usage: health.used,
            quota: health.quota,
            persisted: health.persistent,
        }
    }

    pub async fn ask_to_keep(self) {
        StorageHealth::ask_to_persist().await;
    }

    /// Whether sync has stopped because there is no room left.
    pub fn is_full(self) -> bool {
        self.active.track();
        self.data().is_some_and(|data| data.sync().is_full())
    }

    /// Whether the browser has removed what was stored here while it is open.
    pub fn is_removed(self) -> bool {
        self.active.track();
        self.data().is_some_and(|data| data.is_removed())
    }

    /// How many pieces of what was recorded here do not open; none where nothing can be told.
    pub async fn unreadable(self) -> usize {
        match self.data() {
            Some(data) => data.recovery().unreadable().await.unwrap_or_default(),
            None => 0,
        }
    }

    /// Lets go of them; the app stays usable while everything is fetched anew.
    pub async fn remove_unreadable(self) -> Result<(), Fault> {
        let data = self.data().ok_or(Fault::Offline)?;
        self.start_now();
        Ok(data.recovery().discard_unreadable().await?)
    }

    /// Saves everything that waits here as a file under a phrase.
    pub async fn export(self, phrase: &str) -> Result<(), Fault> {
        let data = self.data().ok_or(Fault::Offline)?;
        let sealed = data.recovery().export(phrase).await?;
        let name = format!(
            "{}-{}.sealed",
            PRODUCT.to_lowercase(),
            time::to_inputs(self.instant(), Zone::UTC).0
        );
        save_file(&name, &sealed).map_err(|_| Fault::Other(shell::NOT_SAVED.to_owned()))
    }
}

/// Hands a text to the browser as a download.
fn save_file(name: &str, text: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type("application/octet-stream");
    let blob = Blob::new_with_str_sequence_and_options(&js_sys::Array::of1(&text.into()), &options)?;
    let address = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = leptos::prelude::document().create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The browser has taken the content by the time the click returns, but may still be reading it.
    gloo::timers::callback::Timeout::new(60_000, move || {
        // An address that is not given back goes with the page.
        let _ = Url::revoke_object_url(&address);
    })
    .forget();
    Ok(())
}
