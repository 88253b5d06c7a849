//! What the engine found out by itself, in words.

use holdfast_core::{
    plan::{EditError, QueueError},
    protocol::{Cause, WireError},
};

/// What an error says to a person: the server's words, or this app's where the device found it out.
pub fn said(error: &WireError) -> String {
    error.cause.map_or_else(|| error.message.clone(), cause)
}

fn cause(cause: Cause) -> String {
    let fixed = match cause {
        Cause::Busy(seconds) => {
            return format!("The server asks to wait {seconds} s. It is tried again then.");
        }
        Cause::Failed(status) => return format!("The server failed ({status}). It is tried again."),
        Cause::Offline => "There is no connection to the server.",
        Cause::Unreachable => "The server could not be reached.",
        Cause::NotTheServer => {
            "Something other than the server answered. Sign in to this network, or use another one."
        }
        Cause::Unreadable => {
            "The answer was cut off, or is not of the shape that this version of the app knows."
        }
        Cause::Unwritable => "This version of the app cannot send this. Update the app.",
        Cause::NoProgress => {
            "The server says that there is more, and sends the same again. Tell your administrator."
        }
        Cause::Undecided => "The server left every change without a decision. Tell your administrator.",
        Cause::Unexplained => "The server refused this and gave no reason.",
        Cause::SignedOut => "Sign in again to go on.",
        Cause::PositionUnknown => "The server does not know what this device has. Everything is read again.",
        Cause::AccessLost => "You may no longer see this record. What you wrote is kept here.",
    };
    fixed.to_owned()
}

/// Why an edit was not taken, unless fields or rights are to blame.
pub fn edit(error: &EditError) -> String {
    match error {
        EditError::UnknownEntity(name) => {
            format!("This app knows no record type \"{name}\". Update the app, or ask your administrator.")
        }
        EditError::NoRecord => "This record is no longer on this device.".to_owned(),
        EditError::NoDevice => "This device is not set up yet. Sign in first.".to_owned(),
        EditError::NotAllowed => super::shell::NOT_ALLOWED.to_owned(),
        EditError::Invalid(_) => super::records::LOOK_AGAIN.to_owned(),
    }
}

/// Why a change in the queue was left as it is.
pub fn queue(error: &QueueError) -> String {
    match error {
        QueueError::Gone => "This change is no longer in the queue.",
        QueueError::InFlight => {
            "The server may have this change already. Try it again, or wait for the answer."
        }
        QueueError::Invalid(_) => super::records::LOOK_AGAIN,
    }
    .to_owned()
}
