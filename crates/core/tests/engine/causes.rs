//! Errors that the device finds by itself carry a cause; server errors carry the server's message.

use holdfast_core::{
    json,
    ports::Request,
    protocol::{Cause, ErrorCode, WireError},
};
use serde_json::json;

use crate::support::{Answer, block_on, busy, dead, device, refusal, status, text};

fn asked(answers: impl IntoIterator<Item = Answer>) -> WireError {
    let device = device();
    device.script().digest.borrow_mut().extend(answers);
    let path = "/api/v1/sync/digest";
    block_on(device.engine.ask(&Request::get(path))).unwrap_err()
}

#[test]
fn each_answer_that_is_none_has_its_cause() {
    let table = [
        ("no answer", dead(), Cause::Unreachable),
        ("a sign-in page", text(404, "<html>"), Cause::NotTheServer),
        ("cut off", text(200, "{\"epo"), Cause::Unreadable),
        ("patience", busy(429, 7), Cause::Busy(7)),
        (
            "a failure without a word",
            text(500, "<html>"),
            Cause::Failed(500),
        ),
        ("410", refusal(410, "GONE"), Cause::PositionUnknown),
    ];
    for (what, answer, cause) in table {
        let error = asked([answer]);
        assert_eq!(error.cause, Some(cause), "{what}");
    }
    let signed_out = asked([refusal(401, "AUTH_ERROR"), refusal(401, "AUTH_ERROR")]);
    assert_eq!(signed_out.cause, Some(Cause::SignedOut));
}

#[test]
fn the_server_s_words_stay_its_own() {
    let named = json!({ "error": { "code": "SERVER_ERROR", "message": "The disk is full." } });
    for answer in [status(500, named), refusal(403, "PERMISSION_DENIED")] {
        let error = asked([answer]);
        assert!(error.cause.is_none() && !error.message.is_empty(), "{error:?}");
    }
}

#[test]
fn an_error_with_a_cause_is_read_back_as_it_was_stored() {
    let causes = [
        Cause::Offline,
        Cause::Unreachable,
        Cause::NotTheServer,
        Cause::Unreadable,
        Cause::Unwritable,
        Cause::Busy(30),
        Cause::Failed(502),
        Cause::NoProgress,
        Cause::Undecided,
        Cause::Unexplained,
        Cause::SignedOut,
        Cause::PositionUnknown,
        Cause::AccessLost,
    ];
    for cause in causes {
        let error = WireError::of(cause);
        let stored = serde_json::to_vec(&error).unwrap();
        assert_eq!(json::from_slice::<WireError>(&stored).unwrap(), error);
    }
    let earlier = WireError::new(ErrorCode::NetworkError, "an earlier version's words");
    let stored = serde_json::to_string(&earlier).unwrap();
    assert!(
        !stored.contains("cause"),
        "on the wire and at rest as before: {stored}"
    );
    for wrong in ["\"busy\"", "{\"offline\":1}", "\"unheard of\"", "7"] {
        let text = format!(r#"{{"code":"GONE","message":"","cause":{wrong}}}"#);
        assert!(json::from_slice::<WireError>(text.as_bytes()).is_err(), "{wrong}");
    }
}
