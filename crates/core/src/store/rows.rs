//! Rows that are neither records nor writes: one each, but for aliases.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, pack::Pack, record::RecordKey, timestamp};

/// The id under which the server knows a record that a device created offline. Kept for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alias {
    pub local: RecordKey,
    pub server_id: String,
}

crate::json_object!(Alias {
    local: "local",
    server_id: "serverId"
});

/// Who this device is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceRow {
    pub device_id: String,
    pub user_id: String,
    #[serde(deserialize_with = "timestamp::read")]
    pub created_at: Timestamp,
}

crate::json_object!(DeviceRow {
    device_id: "deviceId",
    user_id: "userId",
    created_at: "createdAt",
});

/// How far the server's change log is on this device. Written with the changes it stands for, never before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CursorRow {
    pub cursor: String,
    /// A scan of everything is still under way: there are pages to come.
    pub partial: bool,
    /// Numbers the scans; a mirror that the current one did not bring is dropped at its end.
    pub scan: u32,
    /// Of the last page, by the server's clock.
    #[serde(deserialize_with = "timestamp::read")]
    pub pulled_at: Timestamp,
}

crate::json_object!(CursorRow {
    cursor: "cursor",
    partial: "partial",
    scan: "scan",
    pulled_at: "pulledAt",
});

/// The drainer's state between requests, so that a worker killed at any point goes on where it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SyncRow {
    /// How many operations the next batch may hold; halves while batches fail whole.
    pub batch_limit: usize,
    /// Batches in a row that failed whole although the server could be reached.
    pub whole_failures: u32,
    /// Operations in a row that failed standing alone: from the second on, the fault is hardly theirs.
    pub lone_failures: u32,
    /// Nothing is sent before this instant (`Retry-After`, or backing off).
    #[serde(deserialize_with = "timestamp::read_optional")]
    pub hold_until: Option<Timestamp>,
    /// Consecutive failures to reach the server: what the backing-off counts.
    pub network_failures: u32,
    /// The session is gone: the queue waits for sign-in.
    pub parked: bool,
    /// Server time minus device time, in milliseconds.
    pub clock_offset_ms: i64,
    /// The last full pull, by the server's clock.
    #[serde(deserialize_with = "timestamp::read_optional")]
    pub last_synced_at: Option<Timestamp>,
    /// When the digests were last compared, by the server's clock.
    #[serde(deserialize_with = "timestamp::read_optional")]
    pub last_verified_at: Option<Timestamp>,
    /// What went wrong last, for the status line; cleared by a success.
    pub last_error: Option<crate::protocol::WireError>,
    /// A restored backup was met at this time: acknowledged writes were offered again.
    #[serde(deserialize_with = "timestamp::read_optional")]
    pub epoch_changed_at: Option<Timestamp>,
    /// Since when attempts have reached the server and nothing was accepted; see [`crate::watchdog`].
    #[serde(deserialize_with = "timestamp::read_optional")]
    pub in_vain_since: Option<Timestamp>,
    /// Proof of the writes that the server acknowledged since the last full pull: shows a server that lost them that it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// The server refused the device's cursor and lost no history: the scan that follows offers nothing again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub history_kept: bool,
}

crate::json_object!(SyncRow {
    batch_limit: "batchLimit" = Self::FULL_BATCH,
    whole_failures: "wholeFailures" = 0,
    lone_failures: "loneFailures" = 0,
    hold_until: "holdUntil",
    network_failures: "networkFailures" = 0,
    parked: "parked" = false,
    clock_offset_ms: "clockOffsetMs" = 0,
    last_synced_at: "lastSyncedAt",
    last_verified_at: "lastVerifiedAt",
    last_error: "lastError",
    epoch_changed_at: "epochChangedAt",
    in_vain_since: "inVainSince",
    receipt: "receipt",
    history_kept: "historyKept" = false,
});

impl SyncRow {
    /// Operations in a batch when all is well.
    pub const FULL_BATCH: usize = 250;

    /// A time of the server's clock as the device's clock showed it, as far as the difference is known.
    pub fn by_device(&self, server_time: Timestamp) -> Timestamp {
        server_time
            .checked_sub_signed(self.clock_offset())
            .unwrap_or(server_time)
    }

    /// A time of the device's clock as the server's shows it, as far as the difference is known.
    pub fn by_server(&self, device_time: Timestamp) -> Timestamp {
        device_time
            .checked_add_signed(self.clock_offset())
            .unwrap_or(device_time)
    }

    /// Server time minus device time; zero, if it is no span of time.
    pub fn clock_offset(&self) -> chrono::Duration {
        chrono::Duration::try_milliseconds(self.clock_offset_ms).unwrap_or_default()
    }
}

impl Default for SyncRow {
    fn default() -> Self {
        Self {
            batch_limit: Self::FULL_BATCH,
            whole_failures: 0,
            lone_failures: 0,
            hold_until: None,
            network_failures: 0,
            parked: false,
            clock_offset_ms: 0,
            last_synced_at: None,
            last_verified_at: None,
            last_error: None,
            epoch_changed_at: None,
            in_vain_since: None,
            receipt: None,
            history_kept: false,
        }
    }
}

/// Which context may send. Whoever holds it may commit what a sync changes; nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lease {
    /// Made anew for every round: a holder that lost the lease cannot mistake a later one for its own.
    pub token: String,
    #[serde(deserialize_with = "timestamp::read")]
    pub expires_at: Timestamp,
}

crate::json_object!(Lease {
    token: "token",
    expires_at: "expiresAt"
});

/// The packs that the server handed out last.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PacksRow {
    pub packs: Vec<Pack>,
}

crate::json_object!(PacksRow { packs: "packs" });
