//! One device's way out: what the network there lets through, the browser's cookie, and the transport port.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use holdfast_core::{
    ports::{Body, Request, Response, Transport, Unreachable},
    protocol::PushRequest,
};

use crate::{faults::Fate, network::Network, story, witness::Witness};

/// What the network at a device's place lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Open,
    /// There is no network, and the platform knows.
    Offline,
    /// Every request is answered by the sign-in page of a hotel.
    Captive,
    /// Requests arrive; no answer comes back.
    Deaf,
    /// Nothing goes out, though the platform believes that there is a network.
    Mute,
}

/// What the app on a device says of its writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Present,
    /// Little more than the first version of the protocol demands: no kind, no times, and a base for counters only.
    First,
}

/// Milliseconds that a browser may take to bring a cookie to its disk.
const COOKIE_TO_DISK_MS: u64 = 30_000;

/// The cookie that holds the refresh token.
#[derive(Debug, Default)]
pub struct CookieJar {
    cookie: RefCell<Option<String>>,
    on_disk: RefCell<Option<String>>,
    set_at: Cell<u64>,
}

impl CookieJar {
    pub fn cookie(&self) -> Option<String> {
        self.cookie.borrow().clone()
    }

    /// Takes a cookie that arrived at this time. The browser does so itself, also while the page that asked is asleep:
    /// one that wakes up later does not bring an old cookie back.
    fn set(&self, cookie: String, arrived: u64) {
        if arrived < self.set_at.get() {
            return;
        }
        self.settle(arrived);
        *self.cookie.borrow_mut() = Some(cookie);
        self.set_at.set(arrived);
    }

    fn settle(&self, now: u64) {
        if now >= self.set_at.get() + COOKIE_TO_DISK_MS {
            *self.on_disk.borrow_mut() = self.cookie();
        }
    }

    pub fn lose_what_is_not_on_disk(&self, now: u64) {
        self.settle(now);
        let kept = self.on_disk.borrow().clone();
        *self.cookie.borrow_mut() = kept;
    }

    pub fn clear(&self) {
        *self.cookie.borrow_mut() = None;
        *self.on_disk.borrow_mut() = None;
    }
}

/// One device's way out, shared by its contexts.
#[derive(Debug)]
pub struct Link {
    pub name: String,
    pub way: Cell<Way>,
    pub jar: CookieJar,
    pub dialect: Dialect,
}

impl Link {
    pub fn new(name: String, dialect: Dialect) -> Self {
        Self {
            name,
            way: Cell::new(Way::Open),
            jar: CookieJar::default(),
            dialect,
        }
    }

    pub fn is_open(&self) -> bool {
        self.way.get() == Way::Open
    }
}

/// The transport port of one device.
#[derive(Debug, Clone)]
pub struct SimTransport {
    pub device: usize,
    pub network: Rc<Network>,
    pub link: Rc<Link>,
    pub witness: Rc<Witness>,
}

impl Transport for SimTransport {
    async fn send(&self, request: Request) -> Result<Response, Unreachable> {
        let Self { network, link, .. } = self;
        let request = self.spoken(request);
        let weather = network.weather.get();
        network.time.sleep(weather.delay(&network.rng)).await;
        let fate = match link.way.get() {
            Way::Offline | Way::Mute => Fate::RequestLost,
            Way::Captive => Fate::CaptivePortal,
            Way::Deaf => Fate::AnswerLost,
            Way::Open => weather.fate(&network.rng),
        };
        let answer = network.cross(link, &request, fate);
        let delay = weather.delay(&network.rng);
        let arrives = network.time.now() + delay;
        network.time.sleep(delay).await;
        // The line may have gone while the answer was under way.
        let lost = matches!(link.way.get(), Way::Offline | Way::Deaf);
        let answer = answer.filter(|_| !lost).map(|answer| {
            if let Some(cookie) = answer.cookie {
                link.jar.set(cookie, arrives);
            }
            answer.response
        });
        network
            .story
            .tell_if(&link.name, || story::exchange(&request, answer.as_ref(), fate));
        answer.ok_or_else(|| Unreachable("the line is dead".into()))
    }
}

impl SimTransport {
    /// A question as this device's app words it.
    fn asked(&self, request: Request) -> Request {
        match self.link.dialect {
            Dialect::Present => request,
            Dialect::First => Request {
                path: request.path.replace("&layout=columns", ""),
                ..request
            },
        }
    }

    /// The request as this device's app words it; a push is witnessed.
    fn spoken(&self, request: Request) -> Request {
        let Some(json) = request.body.as_ref().and_then(Body::as_json) else {
            return self.asked(request);
        };
        let Ok(mut push) = serde_json::from_slice::<PushRequest>(json) else {
            return request;
        };
        let queue_ids = push.operations.iter().map(|op| op.queue_id.clone()).collect();
        self.witness.pushed(self.device, queue_ids);
        if self.link.dialect == Dialect::Present {
            return request;
        }
        push.pack_versions.clear();
        push.cursor = None;
        push.by_position = false;
        push.stamps = false;
        for operation in &mut push.operations {
            if let Some(base) = &mut operation.base {
                base.retain(|name, _| name == "meter");
            }
            operation.client_mutation_id = Some(operation.key().to_owned());
            operation.queued_at = None;
            operation.seen_at = None;
            operation.seen_references.clear();
            operation.clock_offset_ms = 0;
            operation.kind.clear();
            operation.domain.clear();
        }
        let body = serde_json::to_string(&push).ok().map(Body::json);
        Request { body, ..request }
    }
}
