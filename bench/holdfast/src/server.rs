//! The server's answers, from memory: those that a device asks for in a first sync, with the pages of records that the
//! benchmark hands over as the bytes a network would bring.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use holdfast_core::ports::{Request, Response, Transport, Unreachable};

/// Whose device it is, as the token says it.
pub const USER: &str = "bench-user";
pub const DEVICE: &str = "bench-device";

const DOMAINS: &str = include_str!(concat!(env!("OUT_DIR"), "/domains.json"));

/// How many rows a page of a delta has, and the body of its answer.
type Page = (u32, Vec<u8>);

/// Pages still to be given out. Cloning shares them.
#[derive(Debug, Clone, Default)]
pub struct MemoryServer {
    pages: Rc<RefCell<VecDeque<Page>>>,
}

impl MemoryServer {
    pub fn offer(&self, pages: impl Iterator<Item = Page>) {
        self.pages.borrow_mut().extend(pages);
    }
}

impl Transport for MemoryServer {
    async fn send(&self, request: Request) -> Result<Response, Unreachable> {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let body = match path {
            "/oauth/token" => token().into_bytes(),
            "/api/v1/domains" => DOMAINS.as_bytes().to_vec(),
            "/api/v1/sync/delta" => self.page(query)?,
            other => return Err(Unreachable(format!("the benchmark's server knows no {other}"))),
        };
        Ok(Response::new(200, body))
    }
}

impl MemoryServer {
    fn page(&self, query: &str) -> Result<Vec<u8>, Unreachable> {
        let page = self.pages.borrow_mut().pop_front();
        let (rows, body) = page.ok_or_else(|| Unreachable("the benchmark has no further page".to_owned()))?;
        let limit = query.split('&').find_map(|part| part.strip_prefix("limit="));
        if limit
            .and_then(|limit| limit.parse().ok())
            .is_none_or(|limit: u32| limit < rows)
        {
            return Err(Unreachable(format!(
                "a page of {rows} rows is more than was asked for: {query}"
            )));
        }
        Ok(body)
    }
}

fn token() -> String {
    serde_json::json!({
        "access_token": "bench", "token_type": "Bearer", "expires_in": 3600, "device_id": DEVICE, "user_id": USER,
    })
    .to_string()
}
