//! A write as it travels.

use serde_json::Value;

use super::QueuedWrite;
use crate::{
    limits::{MAX_COALESCED, MAX_SEEN_REFERENCES},
    protocol::WireOperation,
    record::meta,
};

impl QueuedWrite {
    /// The write as it is sent. `lane_predecessor`: the write of the same record that goes before it in the same batch.
    pub fn to_operation(&self, lane_predecessor: Option<&str>) -> WireOperation {
        let mut payload = self.payload.clone();
        payload.insert(meta::VERSION.into(), Value::from(self.base_version));
        let mut depends_on = self.depends_on.clone();
        depends_on.extend(lane_predecessor.map(str::to_owned));
        // A write that an earlier version of the app queued may stand for more edits than a server takes.
        let seen = self.seen_references.iter().take(MAX_SEEN_REFERENCES);
        let surplus = self.coalesced.len().saturating_sub(MAX_COALESCED);
        WireOperation {
            queue_id: self.id.clone(),
            client_mutation_id: (self.client_mutation_id != self.id).then(|| self.client_mutation_id.clone()),
            client_mutation_ids: self.coalesced[surplus..].to_vec(),
            kind: self.kind.clone(),
            domain: self.domain.clone(),
            entity_type: self.entity_type.clone(),
            entity_id: self.entity_id.clone(),
            operation: self.operation,
            payload,
            base: Some(self.base.clone()),
            // Already in the server's time, as the payload's times are: nobody corrects it again.
            queued_at: Some(self.recorded_at()),
            clock_offset_ms: 0,
            depends_on,
            seen_at: self.seen_at,
            // Those left out are judged as if nothing was lost.
            seen_references: seen.map(|(name, at)| (name.clone(), *at)).collect(),
        }
    }
}
