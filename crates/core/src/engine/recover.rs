//! The full check: does the device hold what the server believes it holds?

use super::{Engine, Trigger, drain::Stop, fetch::encode};
use crate::{
    plan,
    ports::Ports,
    protocol::Digest,
    record::Mirror,
    store::{Changes, Row},
};

/// A launch after this long checks everything.
const FULL_CHECK_AFTER: chrono::Duration = chrono::Duration::hours(1);

impl<P: Ports> Engine<P> {
    pub(super) async fn verify_if_due(&self, trigger: Trigger, token: &str) -> Result<(), Stop> {
        let last = self.replica().sync().last_verified_at;
        let missing = self.replica().quarantined().next().is_some();
        let stale = || last.is_none_or(|at| (self.server_now() - at).abs() > FULL_CHECK_AFTER);
        if trigger == Trigger::Launch && (missing || stale()) {
            self.verify(token).await
        } else {
            Ok(())
        }
    }

    /// Compares digests and mends what differs: refetches, and drops what the server no longer lets this device have.
    async fn verify(&self, token: &str) -> Result<(), Stop> {
        // The cursor is the proof of what has come: the server counts the last page only with it.
        let cursor = self.replica().cursor().map(|cursor| encode(&cursor.cursor));
        let asked = format!("/api/v1/sync/digest?since={}", cursor.unwrap_or_default());
        let digest: Digest = self.get(&asked).await?;
        let collections = plan::digest_differences(&self.replica(), &digest).collections;
        let mut differences = plan::Differences::default();
        if !collections.is_empty() {
            let path = format!("{asked}&versions=true&entities={}", collections.join(","));
            let digest: Digest = self.get(&path).await?;
            differences = plan::digest_differences(&self.replica(), &digest);
        }
        let mut fetched = Vec::new();
        for (entity, ids) in &differences.refetch {
            let ids: Vec<String> = ids.iter().cloned().collect();
            fetched.extend(
                self.records(entity, &ids)
                    .await?
                    .into_iter()
                    .map(|record| (entity.clone(), record)),
            );
        }
        self.with_lease(token, |replica, now| {
            let now = replica.sync().by_server(now);
            let mut changes = Changes::default();
            for (entity, record) in &fetched {
                let mirror: Option<Mirror> = plan::mirror_of(replica, entity, record, now);
                mirror
                    .into_iter()
                    .for_each(|mirror| changes.put(Row::Mirror(mirror)));
            }
            differences
                .surplus
                .iter()
                .for_each(|key| changes.delete(key.clone()));
            let mut sync = replica.sync().clone();
            sync.last_verified_at = Some(now);
            changes.put(Row::Sync(sync));
            Ok((changes, ()))
        })
        .await?;
        self.replica.borrow_mut().verified();
        Ok(())
    }
}
