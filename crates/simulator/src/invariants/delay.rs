//! A hostile device holds nobody up: what could be sent when the faults stopped is settled within a bound, while it goes
//! on.

use std::collections::BTreeSet;

use super::{Broken, stopped};
use crate::device::Device;

/// Queue ids of the writes that wait for nobody but the server.
pub fn sendable(devices: &[Device]) -> BTreeSet<String> {
    let of = |device: &Device| {
        let replica = device.replica();
        let stopped = stopped(&replica);
        let open = replica.open_writes().map(|write| write.id.clone());
        open.filter(|id| !stopped.contains(id)).collect::<Vec<_>>()
    };
    devices.iter().flat_map(of).collect()
}

/// Writes among `since` that can still be sent, and were not settled.
pub fn delayed(devices: &[Device], since: &BTreeSet<String>) -> Vec<Broken> {
    let now = sendable(devices);
    let waiting = since.intersection(&now);
    waiting
        .map(|id| {
            let what = format!("{id} waits although nothing fails");
            Broken::new("nobody is held up by a hostile device", what)
        })
        .collect()
}
