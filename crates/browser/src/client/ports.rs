use holdfast_core::ports::Ports;

use crate::{clock::PlatformClock, rng::PlatformRng, store::IndexedDbStore, transport::FetchTransport};

/// The engine's ports in a browser.
#[derive(Debug)]
pub struct BrowserPorts {
    store: IndexedDbStore,
    transport: FetchTransport,
    clock: PlatformClock,
    rng: PlatformRng,
}

impl BrowserPorts {
    pub(crate) fn new(store: IndexedDbStore) -> Self {
        Self {
            store,
            transport: FetchTransport,
            clock: PlatformClock,
            rng: PlatformRng,
        }
    }
}

impl Ports for BrowserPorts {
    type Store = IndexedDbStore;
    type Transport = FetchTransport;
    type Clock = PlatformClock;
    type Rng = PlatformRng;

    fn store(&self) -> &IndexedDbStore {
        &self.store
    }

    fn transport(&self) -> &FetchTransport {
        &self.transport
    }

    fn clock(&self) -> &PlatformClock {
        &self.clock
    }

    fn rng(&self) -> &PlatformRng {
        &self.rng
    }
}
