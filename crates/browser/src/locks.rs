//! Web Locks: which of an origin's contexts may go round.

use std::pin::pin;

use futures::{
    channel::oneshot,
    future::{Either, select},
};
use holdfast_core::ports::Clock;
use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, closure::Closure, prelude::*};

use crate::{
    clock::PlatformClock,
    scope::{object, property, scope},
};

#[wasm_bindgen]
extern "C" {
    type LockManager;
    #[wasm_bindgen(method, catch)]
    fn request(
        this: &LockManager,
        name: &str,
        options: &JsValue,
        callback: &Function,
    ) -> Result<Promise, JsValue>;
}

/// What became of asking for a lock.
#[derive(Debug)]
pub enum Lock {
    /// Ours until the guard is dropped, or this context dies.
    Held(Guard),
    /// Another context has it.
    Elsewhere,
    /// This browser has no locks: the lease in the store alone must do.
    Unsupported,
}

/// Holds a lock.
#[derive(Debug)]
pub struct Guard {
    release: Option<Function>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(release) = self.release.take() {
            // Resolving a promise cannot fail.
            let _ = release.call0(&JsValue::NULL);
        }
    }
}

/// Takes the lock of this name if it is free; never waits for it.
pub async fn try_lock(name: &str) -> Lock {
    request(name, &object(&[("ifAvailable", true.into())])).await
}

/// Takes the lock of this name; waits for whoever has it, `patience_ms` milliseconds at most.
pub async fn lock_within(name: &str, patience_ms: u64) -> Lock {
    let options = object(&[]);
    let granted = pin!(request(name, &options));
    match select(granted, pin!(PlatformClock.sleep(patience_ms))).await {
        Either::Left((lock, _)) => lock,
        Either::Right(_) => Lock::Elsewhere,
    }
}

async fn request(name: &str, options: &JsValue) -> Lock {
    let manager = property(&scope().navigator(), "locks");
    if manager.is_undefined() {
        return Lock::Unsupported;
    }
    let (tell, told) = oneshot::channel();
    let mut tell = Some(tell);
    // Called once, with the lock or with null; the lock is held until the promise it answers is resolved.
    let granted = Closure::once_into_js(move |lock: JsValue| -> JsValue {
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        let answer = if lock.is_null() { None } else { release };
        let free = answer.is_none();
        let heard = tell.take().is_some_and(|tell| tell.send(answer).is_ok());
        // Whoever asked has gone: nobody would ever release it.
        if free || !heard {
            JsValue::UNDEFINED
        } else {
            held.into()
        }
    });
    let manager: LockManager = manager.unchecked_into();
    match manager.request(name, options, granted.unchecked_ref()) {
        Ok(_held) => {}
        Err(_) => return Lock::Unsupported,
    }
    match told.await {
        Ok(Some(release)) => Lock::Held(Guard {
            release: Some(release),
        }),
        Ok(None) => Lock::Elsewhere,
        Err(_) => Lock::Unsupported,
    }
}
