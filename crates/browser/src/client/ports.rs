use holdfast_core::ports::Ports;

use crate::{clock::PlatformClock, rng::PlatformRng, store::IndexedDbStore, transport::SharedTransport};

/// The engine's ports in a browser.
#[derive(Debug)]
pub struct BrowserPorts {
    store: IndexedDbStore,
    transport: SharedTransport,
    clock: PlatformClock,
    rng: PlatformRng,
}

impl BrowserPorts {
    pub(crate) fn new(store: IndexedDbStore, transport: SharedTransport) -> Self {
        Self {
            store,
            transport,
            clock: PlatformClock,
            rng: PlatformRng,
        }
    }
}

impl Ports for BrowserPorts {
    type Store = IndexedDbStore;
    type Transport = SharedTransport;
    type Clock = PlatformClock;
    type Rng = PlatformRng;

    fn store(&self) -> &IndexedDbStore {
        &self.store
    }

    fn transport(&self) -> &SharedTransport {
        &self.transport
    }

    fn clock(&self) -> &PlatformClock {
        &self.clock
    }

    fn rng(&self) -> &PlatformRng {
        &self.rng
    }
}
