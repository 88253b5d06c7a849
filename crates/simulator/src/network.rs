//! The way between devices and the server: the transport port, with everything that can happen to a request.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use holdfast_core::ports::{Request, Response, Transport, Unreachable};

use crate::{
    executor::Time,
    faults::{Fate, Weather},
    rng::Seeded,
    server::Server,
    story::Story,
};

/// One device's way out, shared by its contexts.
#[derive(Debug)]
pub struct Link {
    pub name: String,
    /// The device as its session names it: what the cookie in this browser belongs to.
    pub device_id: RefCell<String>,
    pub online: Cell<bool>,
    /// Every request is answered by the sign-in page of a hotel.
    pub captive: Cell<bool>,
}

/// A copy of a request that is still under way.
#[derive(Debug)]
struct Straggler {
    due: u64,
    device_id: String,
    request: Request,
}

#[derive(Debug)]
pub struct Network {
    pub server: RefCell<Server>,
    pub weather: Cell<Weather>,
    pub time: Time,
    stragglers: RefCell<Vec<Straggler>>,
    rng: Seeded,
    story: Story,
}

impl Network {
    pub fn new(server: Server, time: Time, rng: Seeded, story: Story) -> Self {
        let weather = Cell::new(Weather::FINE);
        Self {
            server: RefCell::new(server),
            weather,
            time,
            stragglers: RefCell::default(),
            rng,
            story,
        }
    }

    /// Delivers copies that have been under way for long enough; nobody waits for their answers.
    pub fn deliver_stragglers(&self) {
        let now = self.time.now();
        let (due, waiting) = self
            .stragglers
            .take()
            .into_iter()
            .partition::<Vec<_>, _>(|s| s.due <= now);
        *self.stragglers.borrow_mut() = waiting;
        for Straggler {
            device_id, request, ..
        } in due
        {
            if self.server.borrow().up {
                let answer = self.server.borrow_mut().handle(&request, &device_id, now);
                self.story.tell("network", || {
                    format!("a late copy of {} arrives: {}", request.path, answer.status)
                });
            }
        }
    }

    fn reach(&self, link: &Link, request: &Request) -> Option<Response> {
        let mut server = self.server.borrow_mut();
        let device_id = link.device_id.borrow();
        server
            .up
            .then(|| server.handle(request, &device_id, self.time.now()))
    }

    fn cross(&self, link: &Link, request: &Request, fate: Fate) -> Option<Response> {
        let reached = || self.reach(link, request);
        match fate {
            Fate::Delivered => reached(),
            Fate::RequestLost => None,
            Fate::AnswerLost => reached().and(None),
            Fate::Doubled => reached().and_then(|_| reached()),
            Fate::Late => {
                let due = self.time.now() + self.rng.between(1_000, 120_000);
                let (device_id, request) = (link.device_id.borrow().clone(), request.clone());
                self.stragglers.borrow_mut().push(Straggler {
                    due,
                    device_id,
                    request,
                });
                reached()
            }
            Fate::CaptivePortal => Some(page(
                200,
                "<html>Welcome to the hotel. Sign in to go online.</html>",
            )),
            Fate::Truncated => reached().map(|answer| {
                let cut = self.rng.below(answer.body.len() as u64) as usize;
                let cut = (0..=cut)
                    .rev()
                    .find(|at| answer.body.is_char_boundary(*at))
                    .unwrap_or(0);
                Response {
                    body: answer.body[..cut].to_owned(),
                    ..answer
                }
            }),
            Fate::BadGateway => Some(page(502, "<html>Bad gateway</html>")),
            Fate::GatewayTimeout => reached().map(|_| page(504, "<html>Gateway timeout</html>")),
            Fate::TooMany => Some(Response {
                retry_after: Some(self.rng.between(1, 90)),
                ..page(429, "slow down")
            }),
            Fate::Maintenance => Some(Response {
                retry_after: Some(self.rng.between(1, 90)),
                ..page(503, "back soon")
            }),
            Fate::StorageFault => {
                self.server.borrow().storage.fail_after(self.rng.below(12));
                reached()
            }
            Fate::WrongShape => reached().map(|_| page(200, r#"{"results":7,"changes":[]}"#)),
        }
    }
}

fn page(status: u16, body: &str) -> Response {
    Response {
        status,
        retry_after: None,
        body: body.to_owned(),
    }
}

/// The transport port of one device.
#[derive(Debug, Clone)]
pub struct SimTransport {
    pub network: Rc<Network>,
    pub link: Rc<Link>,
}

impl Transport for SimTransport {
    async fn send(&self, request: Request) -> Result<Response, Unreachable> {
        let Self { network, link } = self;
        let weather = network.weather.get();
        network.time.sleep(weather.delay(&network.rng)).await;
        let fate = match (link.online.get(), link.captive.get()) {
            (false, _) => Fate::RequestLost,
            (true, true) => Fate::CaptivePortal,
            (true, false) => weather.fate(&network.rng),
        };
        let answer = network.cross(link, &request, fate);
        network.time.sleep(weather.delay(&network.rng)).await;
        // The line may have gone while the answer was under way.
        let answer = answer.filter(|_| link.online.get());
        let status = answer.as_ref().map_or(0, |answer| answer.status);
        network.story.tell(&link.name, || {
            let body = answer.as_ref().map_or("", |answer| answer.body.as_str());
            let body: String = body
                .chars()
                .take(if request.path.contains("push") { 1_200 } else { 300 })
                .collect();
            format!(
                "{:?} {} -> {status} ({fate:?}) {body}",
                request.method, request.path
            )
        });
        answer.ok_or_else(|| Unreachable("the line is dead".into()))
    }
}
