//! The server's answers, from memory: those that a device asks for in a first sync, with the pages of records that the
//! benchmark hands over as the bytes a network would bring.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use holdfast_core::ports::{Request, Response, Transport, Unreachable};

/// Whose device it is, as the token says it.
pub const USER: &str = "bench-user";
pub const DEVICE: &str = "bench-device";

const DOMAINS: &str = include_str!(concat!(env!("OUT_DIR"), "/domains.json"));

/// Pages of a delta still to be given out, each the body of one answer. Cloning shares them.
#[derive(Debug, Clone, Default)]
pub struct MemoryServer {
    pages: Rc<RefCell<VecDeque<Vec<u8>>>>,
}

impl MemoryServer {
    pub fn offer(&self, pages: impl Iterator<Item = Vec<u8>>) {
        self.pages.borrow_mut().extend(pages);
    }
}

impl Transport for MemoryServer {
    async fn send(&self, request: Request) -> Result<Response, Unreachable> {
        let path = request.path.split('?').next().unwrap_or_default();
        let body = match path {
            "/oauth/token" => token(),
            "/api/v1/domains" => DOMAINS.to_owned(),
            "/api/v1/sync/delta" => self.page()?,
            other => return Err(Unreachable(format!("the benchmark's server knows no {other}"))),
        };
        Ok(Response {
            status: 200,
            retry_after: None,
            body,
        })
    }
}

impl MemoryServer {
    fn page(&self) -> Result<String, Unreachable> {
        let page = self.pages.borrow_mut().pop_front();
        let page = page.ok_or_else(|| Unreachable("the benchmark has no further page".to_owned()))?;
        // As the real transport makes text of what the network brought.
        Ok(String::from_utf8_lossy(&page).into_owned())
    }
}

fn token() -> String {
    serde_json::json!({
        "access_token": "bench", "token_type": "Bearer", "expires_in": 3600, "device_id": DEVICE, "user_id": USER,
    })
    .to_string()
}
