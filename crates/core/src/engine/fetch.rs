//! The pull: page by page, each with its cursor in one commit.

use super::{Engine, Event, Trigger, clocks::Exchange, drain::Stop, exchange::Failure};
use crate::{
    ordered,
    pack::Pack,
    plan::{self, Incoming, PullError},
    ports::Ports,
    protocol::{Cause, DeltaText, WireError, WireRecord},
    store::{Changes, Row},
    system,
};

/// Ids asked for in one request for whole records.
const RECORDS_PER_REQUEST: usize = 100;

impl<P: Ports> Engine<P> {
    pub(super) async fn pull_all(&self, trigger: Trigger, token: &str) -> Result<(), Stop> {
        // Packs first: a row of an entity that is not declared cannot be kept.
        if trigger == Trigger::Launch || self.replica().cursor().is_none() {
            self.fetch_packs(token).await?;
        }
        let mut loaded = self.scanned();
        loop {
            let begun = self.now();
            let asked = self.replica().cursor().map(|cursor| cursor.cursor.clone());
            let (answer, exchange) = match self.page().await {
                Err(Failure::Gone { history_lost }) => {
                    self.begin_again(history_lost, token).await?;
                    loaded = 0;
                    self.page().await?
                }
                other => other?,
            };
            let Ok(delta) = DeltaText::read(&answer) else {
                self.page_size.set(self.page_size.get().smaller());
                return Err(self.unreadable().await.into());
            };
            let scanning = self.replica().cursor().is_none_or(|cursor| cursor.partial);
            loaded += delta.count() as u64;
            self.take(&delta, exchange, token).await?;
            if scanning {
                let total = delta.remaining.map(|remaining| loaded + remaining);
                self.activity.borrow_mut().loading = Some((loaded, total));
                self.tell(Event::Activity);
            }
            if !delta.has_more {
                self.activity.borrow_mut().loading = None;
                return Ok(());
            }
            self.page_size.set(self.page_size.get().after(self.now() - begun));
            if asked.as_deref() == Some(delta.cursor.as_str()) {
                return Err(Failure::Server(WireError::of(Cause::NoProgress)).into());
            }
        }
    }

    /// Records that the scan under way has brought, in this round or an earlier one.
    fn scanned(&self) -> u64 {
        let replica = self.replica();
        let scan = replica
            .cursor()
            .filter(|cursor| cursor.partial)
            .map(|cursor| cursor.scan);
        let brought = |scan| replica.mirrors().filter(|(_, held)| held.scan() == scan).count() as u64;
        scan.map_or(0, brought)
    }

    /// Drops the cursor, as the server asked (protocol D10, D10a).
    pub(super) async fn begin_again(&self, history_lost: bool, token: &str) -> Result<(), Stop> {
        self.with_lease(token, |replica, now| {
            let changes = match history_lost {
                true => plan::epoch_changed(replica, now),
                false => plan::cursor_refused(replica),
            };
            Ok((changes, ()))
        })
        .await
    }

    async fn page(&self) -> Result<(String, Exchange), Failure> {
        let since = self
            .replica()
            .cursor()
            .map(|cursor| format!("since={}&", encode(&cursor.cursor)));
        let receipt = self.replica().sync().receipt.clone();
        let receipt = receipt.map(|receipt| format!("receipt={}&", encode(&receipt)));
        let size = self.page_size.get();
        let path = format!(
            "/api/v1/sync/delta?{}{}limit={}&layout=columns",
            since.unwrap_or_default(),
            receipt.unwrap_or_default(),
            size.rows()
        );
        let answer = self.get_text(&path).await;
        if let Err(Failure::Unreachable(_) | Failure::Server(_)) = answer {
            self.page_size.set(size.smaller());
        }
        answer
    }

    async fn take(&self, delta: &DeltaText<'_>, exchange: Exchange, token: &str) -> Result<(), Stop> {
        let unusable = |error: PullError| {
            Stop::Failure(Failure::Server(WireError {
                message: error.to_string(),
                ..WireError::of(Cause::Unreadable)
            }))
        };
        let incoming = plan::incoming(&self.replica(), delta).map_err(unusable)?;
        let whole = self.whole_records(&incoming).await?;
        self.with_lease(token, |replica, _| {
            let clock = exchange.measure(replica.sync());
            let changes = plan::pull(replica, &incoming, &whole, clock).map_err(unusable)?;
            Ok((changes, ()))
        })
        .await
    }

    async fn whole_records(&self, incoming: &Incoming<'_>) -> Result<Vec<(String, WireRecord)>, Failure> {
        let missing = plan::missing_records(&self.replica(), incoming);
        let mut whole = Vec::new();
        for (entity, ids) in missing {
            let ids: Vec<String> = ids.into_iter().collect();
            whole.extend(
                self.records(&entity, &ids)
                    .await?
                    .into_iter()
                    .map(|record| (entity.clone(), record)),
            );
        }
        Ok(whole)
    }

    /// Whole records by id; those the caller may not read are absent.
    pub(super) async fn records(&self, entity: &str, ids: &[String]) -> Result<Vec<WireRecord>, Failure> {
        let Some((plural, collection)) = self
            .replica()
            .packs()
            .entity(entity)
            .map(|entity| (entity.plural.clone(), entity.collection()))
        else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for chunk in ids.chunks(RECORDS_PER_REQUEST) {
            let ids: Vec<String> = chunk.iter().map(|id| encode(id)).collect();
            let path = format!("/api/v1/sync/records?entity={plural}&ids={}", ids.join(","));
            let mut answer: Records = self.get(&path).await?;
            found.append(&mut answer.remove(&collection).unwrap_or_default());
        }
        Ok(found)
    }

    async fn fetch_packs(&self, token: &str) -> Result<(), Stop> {
        let row: crate::store::PacksRow = self.get("/api/v1/domains").await?;
        let mut offered = ordered::map(row.packs.iter().map(Pack::name_and_version));
        offered.remove(system::NAME);
        self.with_lease(token, |replica, _| {
            let mut held = replica.packs().versions();
            held.remove(system::NAME);
            let mut changes = Changes::default();
            if held != offered {
                changes.put(Row::Packs(row.clone()));
            }
            Ok((changes, ()))
        })
        .await
    }
}

/// `GET /api/v1/sync/records`: whole records by collection.
type Records = std::collections::BTreeMap<String, Vec<WireRecord>>;

/// Percent-encodes for a query.
pub(super) fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
