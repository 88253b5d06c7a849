//! The way between devices and the server, with everything that can happen to a request.

use std::cell::{Cell, RefCell};

use holdfast_core::ports::{Method, Request, Response};

use crate::{
    executor::Time,
    faults::{Fate, Weather},
    link::Link,
    rng::Seeded,
    server::{Answer, Server},
    story::{self, Story},
};

/// A copy of a request that is still under way.
#[derive(Debug)]
struct Straggler {
    due: u64,
    cookie: Option<String>,
    request: Request,
}

#[derive(Debug)]
pub struct Network {
    pub server: RefCell<Server>,
    pub weather: Cell<Weather>,
    pub time: Time,
    pub rng: Seeded,
    pub story: Story,
    stragglers: RefCell<Vec<Straggler>>,
}

impl Network {
    pub fn new(server: Server, time: Time, rng: Seeded, story: Story) -> Self {
        Self {
            server: RefCell::new(server),
            weather: Cell::new(Weather::FINE),
            time,
            rng,
            story,
            stragglers: RefCell::default(),
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
        for Straggler { cookie, request, .. } in due {
            if self.server.borrow().up {
                let answer = self.server.borrow_mut().handle(&request, cookie.as_deref(), now);
                self.story.tell_if("network", || {
                    let late = story::exchange(&request, Some(&answer.response), Fate::Late);
                    late.map(|exchange| format!("a late copy arrives: {exchange}"))
                });
            }
        }
    }

    /// The sign-in page, filled in: the code that it sends the app back with. `None` if there is no page.
    pub async fn sign_in_page(&self, link: &Link, user: &str) -> Option<String> {
        self.time.sleep(self.weather.get().delay(&self.rng)).await;
        if !link.is_open() || !self.server.borrow().up {
            return None;
        }
        let now = self.time.now();
        let server = &mut *self.server.borrow_mut();
        server.sessions.authorize(&server.storage, user, now)
    }

    /// A push with a token that nobody was given; the status it is answered with.
    pub fn forged_push(&self) -> u16 {
        let body = r#"{"deviceId":"x","operations":[]}"#.to_owned();
        let request = Request::json(Method::Post, "/api/v1/sync/push", body).with_bearer("forged");
        let mut server = self.server.borrow_mut();
        server.handle(&request, None, self.time.now()).response.status
    }

    fn reach(&self, link: &Link, request: &Request) -> Option<Answer> {
        let mut server = self.server.borrow_mut();
        let cookie = link.jar.cookie();
        server
            .up
            .then(|| server.handle(request, cookie.as_deref(), self.time.now()))
    }

    /// What comes back of a request that meets this fate.
    pub fn cross(&self, link: &Link, request: &Request, fate: Fate) -> Option<Answer> {
        let reached = || self.reach(link, request);
        match fate {
            Fate::Delivered => reached(),
            Fate::RequestLost => None,
            Fate::AnswerLost => reached().and(None),
            Fate::Doubled => reached().and_then(|_| reached()),
            // A refresh is never sent twice by the platform, and a copy of an old one is not to be told from theft.
            Fate::Late if request.path == "/oauth/token" => reached(),
            Fate::Late => {
                let due = self.time.now() + self.rng.between(1_000, 120_000);
                let (cookie, request) = (link.jar.cookie(), request.clone());
                self.stragglers
                    .borrow_mut()
                    .push(Straggler { due, cookie, request });
                reached()
            }
            Fate::CaptivePortal => Some(page(
                200,
                "<html>Welcome to the hotel. Sign in to go online.</html>",
            )),
            Fate::Truncated => reached().map(|answer| self.cut_off(answer)),
            Fate::BadGateway => Some(page(502, "<html>Bad gateway</html>")),
            Fate::GatewayTimeout => reached().map(|_| page(504, "<html>Gateway timeout</html>")),
            Fate::TooMany => Some(self.asks_for_patience(429, "slow down")),
            Fate::Maintenance => Some(self.asks_for_patience(503, "back soon")),
            Fate::StorageFault => {
                self.server.borrow().storage.fail_after(self.rng.below(12));
                reached()
            }
            // Of a readable shape, and less than was asked for.
            Fate::WrongShape if request.path.starts_with("/api/v1/sync/records") => Some(page(200, "{}")),
            Fate::WrongShape => reached().map(|_| page(200, r#"{"results":7,"changes":[]}"#)),
        }
    }

    /// The head of the answer arrives, and some of its body.
    fn cut_off(&self, mut answer: Answer) -> Answer {
        let body = answer.response.text();
        let cut = self.rng.below(body.len() as u64) as usize;
        let cut = (0..=cut).rev().find(|at| body.is_char_boundary(*at)).unwrap_or(0);
        let rest = body[..cut].as_bytes().to_vec();
        answer.response.body = rest;
        answer
    }

    fn asks_for_patience(&self, status: u16, body: &str) -> Answer {
        let seconds = self.rng.between(1, 90);
        Response::new(status, body)
            .with_header("Retry-After", seconds.to_string())
            .into()
    }
}

fn page(status: u16, body: &str) -> Answer {
    Response::new(status, body).into()
}
