use serde::{Deserialize, Serialize};

use crate::{Timestamp, timestamp};

/// `GET /api/v1/me`: who is signed in, and what they may do. Cached, so that the app knows it offline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    pub user_id: String,
    pub username: String,
    pub display_name: String,
    pub roles: Vec<String>,
    pub sites: Vec<String>,
    /// `domain:entity:action`; `*` stands for any part.
    pub scopes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceInfo>,
}

crate::json_object!(Me {
    user_id: "userId",
    username: "username",
    display_name: "displayName",
    roles: "roles",
    sites: "sites",
    scopes: "scopes",
    device: "device",
});

impl Me {
    /// Whether a scope covers the action. The server decides; the app shows only what this allows.
    pub fn may(&self, domain: &str, entity: &str, action: &str) -> bool {
        self.scopes.iter().any(|scope| {
            let mut parts = scope.split(':');
            [domain, entity, action]
                .iter()
                .all(|want| parts.next().is_some_and(|part| part == "*" || part == *want))
        })
    }
}

/// A device as the server knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceInfo {
    pub id: String,
    #[serde(deserialize_with = "timestamp::read")]
    pub first_seen_at: Timestamp,
    #[serde(deserialize_with = "timestamp::read")]
    pub last_seen_at: Timestamp,
}

crate::json_object!(DeviceInfo {
    id: "id",
    first_seen_at: "firstSeenAt",
    last_seen_at: "lastSeenAt",
});

/// The answer of `/oauth/token` (RFC 6749 §5.1), with the device the session belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenAnswer {
    pub access_token: String,
    pub token_type: String,
    /// Seconds.
    pub expires_in: u64,
    #[serde(default)]
    pub device_id: Option<String>,
    #[serde(default)]
    pub user_id: Option<String>,
}

crate::json_object!(TokenAnswer {
    access_token: "access_token",
    token_type: "token_type",
    expires_in: "expires_in",
    device_id: "device_id",
    user_id: "user_id",
});

/// `GET /healthz`: what the probe wants to see, so that a captive portal's page is not taken for the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub status: String,
    pub service: String,
}

crate::json_object!(Health {
    status: "status",
    service: "service"
});

impl Health {
    pub const SERVICE: &'static str = "holdfast";

    pub fn is_holdfast(&self) -> bool {
        self.status == "ok" && self.service == Self::SERVICE
    }
}
