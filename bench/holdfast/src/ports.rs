//! The engine's ports: the platform's own but for the way to the server.

use holdfast_browser::{
    clock::PlatformClock, rng::PlatformRng, store::IndexedDbStore, transport::FetchTransport,
};
use holdfast_core::ports::{Ports, Request, Response, Transport, Unreachable};

use crate::server::MemoryServer;

/// The way to the server that a benchmark is about.
#[derive(Debug)]
pub enum Way {
    Memory(MemoryServer),
    Network(FetchTransport),
}

impl Transport for Way {
    async fn send(&self, request: Request) -> Result<Response, Unreachable> {
        match self {
            Self::Memory(server) => server.send(request).await,
            Self::Network(fetch) => fetch.send(request).await,
        }
    }
}

#[derive(Debug)]
pub struct BenchPorts {
    store: IndexedDbStore,
    transport: Way,
    clock: PlatformClock,
    rng: PlatformRng,
}

impl BenchPorts {
    pub fn new(store: IndexedDbStore, transport: Way) -> Self {
        Self {
            store,
            transport,
            clock: PlatformClock,
            rng: PlatformRng,
        }
    }
}

impl Ports for BenchPorts {
    type Store = IndexedDbStore;
    type Transport = Way;
    type Clock = PlatformClock;
    type Rng = PlatformRng;

    fn store(&self) -> &IndexedDbStore {
        &self.store
    }

    fn transport(&self) -> &Way {
        &self.transport
    }

    fn clock(&self) -> &PlatformClock {
        &self.clock
    }

    fn rng(&self) -> &PlatformRng {
        &self.rng
    }
}
