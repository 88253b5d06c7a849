//! The address a request comes from, for limits.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};

use super::state::{AppState, Settings};

/// The peer's address, or what the trusted proxy says it is; none if nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClientAddress(Option<IpAddr>);

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self::of(&state.settings, &parts.headers, &parts.extensions))
    }
}

impl ClientAddress {
    pub fn of(settings: &Settings, headers: &HeaderMap, extensions: &Extensions) -> Self {
        let forwarded = settings.behind_proxy.then(|| last_forwarded(headers)).flatten();
        let peer = || {
            extensions
                .get::<ConnectInfo<SocketAddr>>()
                .map(|peer| peer.0.ip())
        };
        Self(forwarded.or_else(peer))
    }

    /// By what limits count it.
    pub fn network(&self) -> String {
        self.0.map(network).unwrap_or_default()
    }
}

/// An IPv4 address, or the first 64 bits of an IPv6 address: one subscriber usually holds a whole /64. An IPv4 address
/// that is written as an IPv6 one counts as what it is.
pub(super) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let prefix = address.to_bits() & !u128::from(u64::MAX);
            format!("{}/64", Ipv6Addr::from_bits(prefix))
        }
    }
}

/// The proxy appends the address it saw; what stands before that is the client's own claim.
fn last_forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let header = headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()?
        .to_str()
        .ok()?;
    let last = header.rsplit(',').next()?.trim();
    let bare = last.trim_start_matches('[').trim_end_matches(']');
    let with_port = || last.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_count_by_their_network() {
        let table = [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("::ffff:c000:207", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("::1", "::/64"),
        ];
        for (address, expected) in table {
            assert_eq!(network(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn the_last_forwarded_address_is_the_proxy_s_and_what_is_unreadable_counts_as_the_proxy() {
        let table: &[(&[&str], Option<&str>)] = &[
            (&["192.0.2.7"], Some("192.0.2.7")),
            (&["1.2.3.4, 192.0.2.7"], Some("192.0.2.7")),
            (&["1.2.3.4", "192.0.2.7"], Some("192.0.2.7")),
            (&["192.0.2.7:4711"], Some("192.0.2.7")),
            (&["[2001:db8::1]:4711"], Some("2001:db8::1")),
            (&["[2001:db8::1]"], Some("2001:db8::1")),
            (&["192.0.2.7, "], None),
            (&["unknown"], None),
            (&["192.0.2.7\u{e9}"], None),
            (&[], None),
        ];
        for (lines, expected) in table {
            let mut headers = HeaderMap::new();
            for line in *lines {
                let value = axum::http::HeaderValue::from_bytes(line.as_bytes()).unwrap();
                headers.append("x-forwarded-for", value);
            }
            let expected = expected.map(|address| address.parse().unwrap());
            assert_eq!(last_forwarded(&headers), expected, "{lines:?}");
        }
    }
}
