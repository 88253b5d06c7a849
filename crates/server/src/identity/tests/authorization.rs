//! Which authorization requests get a sign-in page.

use super::super::authorization::{Objection, check};
use super::*;

#[test]
fn requests() {
    enum Verdict {
        Fine,
        Untrusted,
        Malformed(&'static str),
    }
    use Verdict::{Fine, Malformed, Untrusted};
    type Row = (&'static str, fn(&mut AuthorizationRequest), Verdict);
    let table: &[Row] = &[
        ("as the app sends it", |_| {}, Fine),
        (
            "an unknown client",
            |r| r.client_id = "other".to_owned(),
            Untrusted,
        ),
        ("no client", |r| r.client_id.clear(), Untrusted),
        (
            "another origin",
            |r| r.redirect_uri = "https://evil.example/signed-in".to_owned(),
            Untrusted,
        ),
        (
            "another path",
            |r| r.redirect_uri = "https://field.example/elsewhere".to_owned(),
            Untrusted,
        ),
        (
            "a query of its own",
            |r| r.redirect_uri.push_str("?next=1"),
            Untrusted,
        ),
        (
            "a look-alike",
            |r| r.redirect_uri = "https://field.example.evil.example/signed-in".to_owned(),
            Untrusted,
        ),
        (
            "a user part",
            |r| r.redirect_uri = "https://field.example@evil.example/signed-in".to_owned(),
            Untrusted,
        ),
        (
            "without TLS",
            |r| r.redirect_uri = "http://field.example/signed-in".to_owned(),
            Untrusted,
        ),
        (
            "the implicit flow",
            |r| r.response_type = "token".to_owned(),
            Malformed("unsupported_response_type"),
        ),
        (
            "no PKCE",
            |r| r.code_challenge_method.clear(),
            Malformed("invalid_request"),
        ),
        (
            "plain PKCE",
            |r| r.code_challenge_method = "plain".to_owned(),
            Malformed("invalid_request"),
        ),
        (
            "no challenge",
            |r| r.code_challenge.clear(),
            Malformed("invalid_request"),
        ),
    ];
    for (name, change, expected) in table {
        let mut request = request();
        change(&mut request);
        match (check(&request, "https://field.example"), expected) {
            (Ok(()), Fine) | (Err(Objection::Untrusted(_)), Untrusted) => {}
            (Err(Objection::Malformed(code, _)), Malformed(wanted)) if code == *wanted => {}
            (verdict, _) => panic!("{name}: {verdict:?}"),
        }
    }
}
