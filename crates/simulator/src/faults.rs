//! What goes wrong on the way between a device and the server, and how often.

use crate::rng::Seeded;

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Delivered,
    /// It never reaches the server.
    RequestLost,
    /// The server acts on it, and its answer never comes.
    AnswerLost,
    /// The server gets it twice.
    Doubled,
    /// The server gets it again later, after what followed it.
    Late,
    /// Somebody else answers: a sign-in page with status 200.
    CaptivePortal,
    /// The answer is cut off.
    Truncated,
    /// A proxy gives up before the server gets it.
    BadGateway,
    /// A proxy gives up while the server acts on it.
    GatewayTimeout,
    /// Too many requests; the server asks for patience.
    TooMany,
    /// Down for maintenance, with a word for how long.
    Maintenance,
    /// The database fails at some write of it.
    StorageFault,
    /// The answer is JSON of the wrong shape.
    WrongShape,
}

const FAULTS: [Fate; 12] = [
    Fate::RequestLost,
    Fate::AnswerLost,
    Fate::AnswerLost,
    Fate::Doubled,
    Fate::Late,
    Fate::CaptivePortal,
    Fate::Truncated,
    Fate::BadGateway,
    Fate::GatewayTimeout,
    Fate::TooMany,
    Fate::Maintenance,
    Fate::StorageFault,
];

/// How the network is at present, for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weather {
    /// Requests in a thousand that meet a fault.
    pub faults: u64,
    /// Milliseconds one way, at most.
    pub latency: u64,
}

impl Weather {
    pub const FINE: Self = Self {
        faults: 0,
        latency: 100,
    };

    pub fn any(rng: &Seeded) -> Self {
        match rng.below(4) {
            0 => Self::FINE,
            1 => Self {
                faults: 100,
                latency: 1_000,
            },
            2 => Self {
                faults: 300,
                latency: 5_000,
            },
            _ => Self {
                faults: 600,
                latency: 20_000,
            },
        }
    }

    pub fn fate(self, rng: &Seeded) -> Fate {
        if !rng.chance(self.faults) {
            return Fate::Delivered;
        }
        match rng.below(20) {
            0 => Fate::WrongShape,
            _ => rng.pick(&FAULTS).copied().unwrap_or(Fate::RequestLost),
        }
    }

    pub fn delay(self, rng: &Seeded) -> u64 {
        rng.between(5, self.latency.max(5))
    }
}
