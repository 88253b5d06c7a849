//! A device on which something lies in every place where sealed values lie.

use std::rc::Rc;

use holdfast_browser::{
    cached_reads::CachedRead,
    client::{Client, LockAfter, Session},
    clock::PlatformClock,
};
use holdfast_core::{
    Timestamp,
    ports::Clock,
    record::RecordKey,
    store::{Row, Store},
};

use super::{
    at_rest::{AtRest, at_rest},
    device::{Device, gate_event, until},
    page, work_order,
};

/// More than what one batch holds, in one store at least.
const EDITS: usize = 20;

/// What a person finds on their device.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub mirrors: Vec<Row>,
    pub plates: Vec<Option<String>>,
    pub unsent: usize,
    pub quarantined: usize,
    pub drafts: Vec<String>,
    pub read: Option<String>,
    pub lock_after: LockAfter,
}

/// Such a device, with a page open.
pub async fn furnished() -> (Device, Client, Rc<Session>) {
    let device = Device::new();
    let (client, session) = device.set_up().await;
    furnish(&client, &session).await;
    (device, client, session)
}

/// Pages, a base, a journal, cached reads, a draft and a setting.
async fn furnish(client: &Client, session: &Rc<Session>) {
    let store = session.store();
    let rows: Vec<Row> = (0..40)
        .map(|n| work_order(&format!("{n:02}"), &format!("title {n}")))
        .collect();
    for edit in 0..EDITS {
        if edit == 3 {
            loop {
                session.sync().catch_up().await.unwrap();
                let revision = session.read(|device| device.revision());
                if store.commit(revision, &page(1, &rows)).await.is_ok() {
                    break;
                }
            }
            session.sync().catch_up().await.unwrap();
            session.sync().fold(1).await.unwrap();
        }
        session
            .queue()
            .edit(&gate_event(&edit.to_string(), &format!("AB {edit}")))
            .await
            .unwrap();
    }
    let now = PlatformClock.now();
    let read = CachedRead {
        path: "/api/v1/audit".into(),
        body: "[\"kept\"]".into(),
        content_type: "application/json".into(),
        etag: None,
        updated_at: now,
        expires_at: now + chrono::Duration::days(1),
    };
    session.server().cached_reads().put(&read).await.unwrap();
    session
        .drafts()
        .keep("work-order/1", Some("Pin seized"))
        .await
        .unwrap();
    client.set_lock_after(LockAfter::Minutes(5)).await.unwrap();
}

pub async fn found(session: &Rc<Session>) -> Found {
    session.sync().catch_up().await.unwrap();
    let read = session
        .server()
        .cached_reads()
        .get("/api/v1/audit", now())
        .await
        .unwrap();
    let drafts = session.drafts().all().await.unwrap();
    session.read(|replica| {
        let mirrors = replica
            .mirrors()
            .map(|(_, held)| Row::Mirror((*held.mirror()).clone()));
        let plate = |edit: usize| {
            let view = replica.view(&RecordKey::new("gate-event", edit.to_string()));
            view.map(|view| view.text("plate").to_owned())
        };
        Found {
            mirrors: mirrors.collect(),
            plates: (0..EDITS).map(plate).collect(),
            unsent: replica.unsent(),
            quarantined: replica.quarantined().count(),
            drafts,
            read: read.map(|read| read.body),
            lock_after: session.lock_after(),
        }
    })
}

/// Every sealed value of a person's: in their database, and beside the vault's own.
pub async fn all_at_rest(device: &Device, session: &Session) -> Vec<AtRest> {
    let mut all = at_rest(session.store().database().name()).await;
    all.extend(at_rest(&device.vault).await);
    all
}

/// The object stores in which something lies.
pub fn stores(all: &[AtRest]) -> Vec<&str> {
    let mut stores: Vec<&str> = all.iter().map(|found| found.store.as_str()).collect();
    stores.dedup();
    stores
}

pub async fn until_replaced(session: &Rc<Session>) {
    // Longer than `until` waits: many values are sealed meanwhile.
    for _ in 0..5 {
        if !session.key_rotation().is_under_way() {
            return;
        }
        PlatformClock.sleep(200).await;
    }
    until("the replacement ends", || !session.key_rotation().is_under_way()).await;
}

fn now() -> Timestamp {
    PlatformClock.now()
}
