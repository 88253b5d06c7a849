//! The promise to browsers that this server is reached by TLS only (HSTS).

/// Two years.
pub const DEFAULT_SECONDS: u32 = 63_072_000;

/// A year: what browsers' lists of preloaded sites ask for at the least.
const PRELOAD_SECONDS: u32 = 31_536_000;

/// For how long browsers come by TLS only, once they have come so (RFC 6797).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransportSecurity {
    /// 0 takes the promise back.
    pub seconds: u32,
    pub include_subdomains: bool,
    pub preload: bool,
}

impl Default for TransportSecurity {
    fn default() -> Self {
        Self {
            seconds: DEFAULT_SECONDS,
            include_subdomains: false,
            preload: false,
        }
    }
}

impl TransportSecurity {
    /// Whether lists of preloaded sites would take it, as far as it says that it is for them.
    pub fn is_consistent(&self) -> bool {
        !self.preload || self.include_subdomains && self.seconds >= PRELOAD_SECONDS
    }

    pub(super) fn header(self) -> String {
        let mut value = format!("max-age={}", self.seconds);
        if self.include_subdomains {
            value.push_str("; includeSubDomains");
        }
        if self.preload {
            value.push_str("; preload");
        }
        value
    }
}
