//! Requests of the API, as pages make them by plain `fetch`.
//!
//! A write joins the device's queue and is answered at once; a read without a token of its own is answered from the
//! device. A read that brings a token goes to the network as it is, and comes from the device only if that fails.
//! Which requests come this far is for `admission` to decide.

use std::rc::Rc;

use holdfast_browser::client::{Client, ClientError, Session};
use holdfast_core::{Fields, engine::Trigger, json, protocol::IfMatch, record::Operation, store::StoreError};
use js_sys::{Promise, Reflect};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{FetchEvent, Headers, Request, Response, ResponseInit, Url};

use crate::{
    admission::{Admission, Asked, admit},
    api::{self, Answer},
    replay,
    routes::{Route, route},
    shell,
};

/// How often the data is opened for one request, where the browser closes it again and again.
const ATTEMPTS: u32 = 3;

/// Answers the request, or leaves it to the network with `None`.
///
/// # Errors
/// If the browser refuses what every browser can do.
pub async fn answer(
    client: &Client,
    event: &FetchEvent,
    request: &Request,
    mutation_id: String,
) -> Result<Option<Response>, JsValue> {
    let url = Url::new(&request.url())?;
    let method = request.method();
    let admission = admission(event, request, &method, &url)?;
    if admission == Admission::Network {
        return Ok(None);
    }
    let Some(session) = up_to_date(client).await.map_err(|error| error.to_string())? else {
        return locked(&method, request);
    };
    let route = session.read(|device| route(device.packs(), &method, &url.pathname()));
    let answer = match route {
        Route::PassBy => return Ok(None),
        Route::Write { .. } if admission == Admission::NotJson => Answer::not_json(),
        Route::Write { .. } if admission == Admission::Foreign => Answer::foreign(),
        Route::Write {
            operation,
            entity,
            id,
        } => {
            let text = text_of(request).await?;
            let key = match request.headers().get("idempotency-key")? {
                Some(key) => key,
                None => {
                    let page = event.client_id().unwrap_or_default();
                    let said = format!("{page} {method} {} {text}", url.href());
                    let key = session.idempotency_keys().key_of(&said, mutation_id).await;
                    forget_once_answered(event, &session, said, key.clone());
                    key
                }
            };
            let if_match = request.headers().get("if-match")?;
            let answer = match IfMatch::parse(if_match.as_deref()) {
                Some(if_match) => write(&session, &text, operation, &entity, id, &if_match, key).await,
                None => Answer::malformed_precondition(),
            };
            let _ = event.wait_until(&future_to_promise(replay::send(session, Trigger::CriticalWrite)));
            answer
        }
        Route::List { .. } | Route::Record { .. } | Route::CachedRead if has_token(request)? => {
            match online(request).await {
                Some(response) => return Ok(Some(response)),
                None => from_device(&session, &route, &url).await,
            }
        }
        route => from_device(&session, &route, &url).await,
    };
    respond(&answer).map(Some)
}

fn admission(event: &FetchEvent, request: &Request, method: &str, url: &Url) -> Result<Admission, JsValue> {
    // As text: the bindings' enumerations know neither every mode nor every destination.
    let text = |name: &str| -> Result<String, JsValue> {
        let value = Reflect::get(request, &name.into())?;
        value
            .as_string()
            .ok_or_else(|| format!("the request has no {name}").into())
    };
    Ok(admit(&Asked {
        method,
        mode: &text("mode")?,
        destination: &text("destination")?,
        content_type: request.headers().get("content-type")?.as_deref(),
        has_client: event.client_id().is_some_and(|id| !id.is_empty()),
        referrer: &text("referrer")?,
        // The loader gives requests to this worker's own origin only.
        origin: &url.origin(),
    }))
}

/// The data of whoever uses the app, with what other tabs queued since; `None`: locked. A storage that the browser closes
/// meanwhile is opened again: what fails here is lost to the page that asked.
async fn up_to_date(client: &Client) -> Result<Option<Rc<Session>>, ClientError> {
    let mut attempt = 1;
    loop {
        match resumed(client).await {
            Err(ClientError::Store(StoreError::Locked)) => return Ok(None),
            Err(error) if error.is_closed() && attempt < ATTEMPTS => attempt += 1,
            outcome => return outcome,
        }
    }
}

async fn resumed(client: &Client) -> Result<Option<Rc<Session>>, ClientError> {
    let session = client.resume().await?;
    if let Some(session) = &session {
        session.sync().catch_up().await?;
    }
    Ok(session)
}

/// Without the keys nothing can be read, and nothing may be taken that could not be kept.
fn locked(method: &str, request: &Request) -> Result<Option<Response>, JsValue> {
    if method == "GET" && has_token(request)? {
        return Ok(None);
    }
    respond(&Answer::locked()).map(Some)
}

fn has_token(request: &Request) -> Result<bool, JsValue> {
    request.headers().has("authorization")
}

async fn online(request: &Request) -> Option<Response> {
    let again = request.clone().ok()?;
    let fetched = JsFuture::from(shell::scope().ok()?.fetch_with_request(&again)).await;
    fetched.ok()?.dyn_into().ok()
}

async fn text_of(request: &Request) -> Result<String, JsValue> {
    let text = JsFuture::from(request.text()?).await?;
    Ok(text.as_string().unwrap_or_default())
}

/// Lets go of the key of a write once the page has the answer, or cannot have it any more.
fn forget_once_answered(event: &FetchEvent, session: &Rc<Session>, said: String, key: String) {
    // Not every browser tells; then at once, which is as it would be without.
    let handled = Reflect::get(event, &"handled".into()).and_then(JsCast::dyn_into::<Promise>);
    let session = session.clone();
    let forgetting = future_to_promise(async move {
        if let Ok(handled) = handled {
            let _ = JsFuture::from(handled).await;
        }
        session.idempotency_keys().answered(&said, &key).await;
        Ok(JsValue::UNDEFINED)
    });
    let _ = event.wait_until(&forgetting);
}

async fn write(
    session: &Rc<Session>,
    text: &str,
    operation: Operation,
    entity: &str,
    id: Option<String>,
    if_match: &IfMatch,
    key: String,
) -> Answer {
    let body: Fields = match json::parse(&json::keep_digits(text.as_bytes())) {
        Ok(Value::Object(fields)) => fields,
        _ if operation == Operation::Delete => Fields::new(),
        _ => return Answer::not_an_object(),
    };
    let new_id = || session.queue().new_id();
    let edit = session.read(|device| api::edit_of(device, operation, entity, id, body, if_match, new_id));
    match edit {
        Ok(edit) => api::queued(session.queue().queue_once(&edit, key).await),
        Err(refused) => refused,
    }
}

async fn from_device(session: &Rc<Session>, route: &Route, url: &Url) -> Answer {
    match route {
        Route::List { entity } => session.read(|device| api::list(device, entity)),
        Route::Record { entity, id } => session.read(|device| api::record(device, entity, id)),
        _ => match session
            .server()
            .read_json(&format!("{}{}", url.pathname(), url.search()))
            .await
        {
            Ok(read) => {
                let age = read.from_device.then(|| replay::now() - read.updated_at);
                Answer {
                    age_seconds: age.map(|age| age.num_seconds().max(0)),
                    ..Answer::json(200, read.value)
                }
            }
            Err(error) => Answer::not_kept(error),
        },
    }
}

fn respond(answer: &Answer) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", "application/json")?;
    headers.set("cache-control", "no-store")?;
    if let Some(age) = answer.age_seconds {
        headers.set("age", &age.to_string())?;
    }
    if let Some(tag) = &answer.tag {
        headers.set("etag", tag)?;
    }
    let options = ResponseInit::new();
    options.set_status(answer.status);
    options.set_headers(&headers);
    Response::new_with_opt_str_and_init(Some(&json::text(&answer.body)), &options)
}
