//! The names by which this server answers.
//!
//! A page elsewhere can make its own name point to this server's address (DNS rebinding), and then reads answers as if
//! they were its own. The browser still sends the page's name as `Host`: a name that is not one of this server's gets
//! no answer of any route, static files included.
//!
//! | listens on | answers to |
//! |---|---|
//! | loopback | `localhost`, `127.0.0.1`, `[::1]` |
//! | one other address | that address |
//! | all addresses | those of loopback, and any address written as a number: it cannot be made to point elsewhere |
//! | any, with `--public-url` | its host, too |
//! | any, with `--allowed-host` | that name, with that port if one is given, too |
//!
//! Where no port is given any counts: a proxy or a tunnel may stand in front, and what rebinding forges is the name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use url::Url;

/// A host, and its port if only that one counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    /// Lower case; an IPv6 address without its brackets.
    pub(super) name: String,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a host. Write a name or address, with a port or without, such as field.example or [::1]:8080"
)]
pub struct NotAHost(String);

impl FromStr for AllowedHost {
    type Err = NotAHost;

    fn from_str(text: &str) -> Result<Self, NotAHost> {
        let host = Self::parse(text).filter(|host| !host.name.contains('*'));
        host.ok_or_else(|| NotAHost(text.to_owned()))
    }
}

impl AllowedHost {
    fn parse(text: &str) -> Option<Self> {
        let authority = Authority::from_str(text).ok()?;
        let port = match authority.as_str().strip_prefix(authority.host())? {
            "" => None,
            port => Some(port.strip_prefix(':')?.parse().ok()?),
        };
        let name = authority.host();
        let bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let name = bare.unwrap_or(name).to_ascii_lowercase();
        (!name.is_empty()).then_some(Self { name, port })
    }

    fn any_port(name: impl ToString) -> Self {
        Self {
            name: name.to_string(),
            port: None,
        }
    }

    pub fn is_loopback(&self) -> bool {
        self.name == "localhost" || self.address().is_some_and(|address| address.is_loopback())
    }

    fn address(&self) -> Option<IpAddr> {
        self.name.parse().ok()
    }

    fn admits(&self, asked: &Self) -> bool {
        self.name == asked.name && (self.port.is_none() || self.port == asked.port)
    }
}

/// Every name by which this server answers.
#[derive(Debug, Clone)]
pub struct AllowedHosts {
    hosts: Vec<AllowedHost>,
    any_address: bool,
}

impl AllowedHosts {
    pub fn for_listener(listen: IpAddr, public_url: Option<&Url>, more: &[AllowedHost]) -> Self {
        let mut hosts = more.to_vec();
        if listen.is_loopback() || listen.is_unspecified() {
            hosts.push(AllowedHost::any_port("localhost"));
            hosts.push(AllowedHost::any_port(Ipv4Addr::LOCALHOST));
            hosts.push(AllowedHost::any_port(Ipv6Addr::LOCALHOST));
        }
        if !listen.is_unspecified() {
            hosts.push(AllowedHost::any_port(listen));
        }
        let public = public_url.and_then(Url::host_str);
        hosts.extend(public.and_then(AllowedHost::parse));
        Self {
            hosts,
            any_address: listen.is_unspecified(),
        }
    }

    pub(super) fn admit(&self, asked: &AllowedHost) -> bool {
        self.hosts.iter().any(|host| host.admits(asked)) || self.any_address && asked.address().is_some()
    }
}

/// The names that the request calls this server by: in the header, and in the request line if it holds a whole address.
/// None if it does not name one clearly.
pub(super) fn asked(headers: &HeaderMap, line: Option<&Authority>) -> Option<Vec<AllowedHost>> {
    let mut values = headers.get_all(HOST).iter();
    let (value, further) = (values.next()?, values.next());
    let mut hosts = vec![AllowedHost::parse(value.to_str().ok()?)?];
    if let Some(authority) = line {
        hosts.push(AllowedHost::parse(authority.as_str())?);
    }
    further.is_none().then_some(hosts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(hosts: &AllowedHosts, asked: &str) -> bool {
        AllowedHost::parse(asked).is_some_and(|asked| hosts.admit(&asked))
    }

    #[test]
    fn who_is_answered_depends_on_where_the_server_listens() {
        let loopback = [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:1234",
            "[::1]:8080",
            "[::1]",
        ];
        let foreign = [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "localhost.",
            "user@localhost",
            "localhost:8080:8080",
            "localhost:port",
            "::1",
            "*",
            "",
        ];
        let url = Url::parse("https://field.example").unwrap();
        let more: Vec<AllowedHost> = vec![
            "Sync.example:8443".parse().unwrap(),
            "desk.example".parse().unwrap(),
        ];
        let on = |address: &str| address.parse::<IpAddr>().unwrap();

        let local = AllowedHosts::for_listener(on("127.0.0.1"), None, &[]);
        let public = AllowedHosts::for_listener(on("127.0.0.1"), Some(&url), &more);
        let all = AllowedHosts::for_listener(on("0.0.0.0"), None, &[]);
        let one = AllowedHosts::for_listener(on("192.0.2.1"), Some(&url), &[]);
        for hosts in [&local, &public, &all] {
            assert!(loopback.iter().all(|host| admits(hosts, host)), "{hosts:?}");
        }
        for hosts in [&local, &public, &all, &one] {
            for host in foreign {
                assert!(!admits(hosts, host), "{host}: {hosts:?}");
            }
        }
        assert!(!admits(&local, "192.0.2.1") && !admits(&local, "field.example"));
        assert!(admits(&all, "192.0.2.1:8080") && admits(&all, "[2001:db8::1]:8080"));
        assert!(admits(&one, "192.0.2.1:80") && !admits(&one, "192.0.2.2") && !admits(&one, "localhost"));
        assert!(admits(&one, "field.example") && admits(&public, "FIELD.example:443"));
        assert!(admits(&public, "sync.example:8443") && !admits(&public, "sync.example"));
        assert!(admits(&public, "desk.example:1") && !admits(&public, "a.desk.example"));
    }

    #[test]
    fn only_hosts_can_be_allowed() {
        for wrong in [
            "",
            "*",
            "*.example",
            "https://field.example",
            "a b",
            "field.example:x",
            "user@host",
            "a/b",
        ] {
            assert!(wrong.parse::<AllowedHost>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_request_names_one_host() {
        let line: Authority = "evil.example".parse().unwrap();
        let headers = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(HOST, value.parse().unwrap());
            }
            headers
        };
        assert_eq!(asked(&headers(&["localhost"]), None).unwrap().len(), 1);
        assert_eq!(asked(&headers(&["localhost"]), Some(&line)).unwrap().len(), 2);
        for values in [
            &[][..],
            &["localhost", "localhost"],
            &["a b"],
            &["localhost, evil.example"],
        ] {
            assert!(asked(&headers(values), None).is_none(), "{values:?}");
        }
    }
}
