//! Signing in, the passcode, the first sync.

pub const CLAIM: &str = "Work where the network does not.";
pub const CLAIM_TEXT: &str =
    "What you record is kept on this phone and sent when it can be. Nothing is lost, nothing is sent twice.";
pub const SIGN_IN: &str = "Sign in";
pub const ON_THIS_DEVICE: &str = "Signed in on this device";
pub const STARTING: &str = "Opening";
pub const OFFLINE_SIGN_IN: &str =
    "Signing in needs the network. Whoever signed in here before can unlock without it.";
pub const SIGN_IN_FAILED: &str = "Sign-in did not work";
pub const STORAGE_FAILED: &str = "The data on this device could not be opened";
pub const TRY_AGAIN: &str = "Try again";
pub const STORAGE_LOST: &str = "This browser had lost its data";
pub const STORAGE_LOST_TEXT: &str = "You were signed in on this device before, and its storage was cleared since. What was synced is being fetched again; what was not is gone. Adding Holdfast to the home screen keeps browsers from doing this.";

pub const SET_PASSCODE: &str = "Set a passcode";
pub const SET_PASSCODE_TEXT: &str = "It seals everything on this phone. Six digits or more, or a phrase. Nobody can recover it; what is synced is safe on the server.";
pub const REPEAT_PASSCODE: &str = "Repeat the passcode";
pub const REPEAT_PASSCODE_TEXT: &str = "Once more, so that a slip does not lock you out.";
pub const NOT_THE_SAME: &str = "The two were not the same. Choose it again.";
pub const NEXT: &str = "Next";
pub const SEAL: &str = "Seal this device";
pub const HELLO: &str = "Hello";
pub const WEAK_PASSCODE: &str =
    "This passcode is easy to guess. Choose one without sequences, repeats, dates or common words.";
pub const UNLOCK: &str = "Unlock";
pub const ENTER_PASSCODE: &str = "Enter your passcode.";
pub const WRONG_PASSCODE: &str = "That was not it.";
pub const FORGOT: &str = "Forgot the passcode?";
pub const FORGOT_TITLE: &str = "A passcode cannot be recovered";
pub const FORGOT_TEXT: &str = "It is the only key to what you have on this device. You can remove that and sign in again: everything that was synced comes back. Changes that were never sent, if there are any, are lost for good. How many there are cannot be told without the passcode.";
pub const LOSE_UNSENT: &str = "I know that what was not sent is lost";
pub const FORGET_DEVICE: &str = "Forget this device";
pub const LOCKED: &str = "Locked · nothing is sent until you unlock";
pub const KEEP_TRYING: &str = "Keep trying";
pub const USE_PHRASE: &str = "Phrase";
pub const USE_DIGITS: &str = "Use digits";
pub const PASSCODE: &str = "Passcode";
pub const DELETE_DIGIT: &str = "Delete";
pub const SOMEONE_ELSE: &str = "Someone else? Sign in";
/// Fewer are too quickly tried out.
pub const LEAST_DIGITS: usize = 6;
pub const PHRASE_HINT: &str = "Six characters or more. Spaces count.";

pub const FETCHING: &str = "Fetching your work";
pub const FETCHING_RECORDS: &str = "Records";
pub const START_NOW: &str = "Start now";
pub const START_NOW_TEXT: &str = "You can start already: what is here works.";

/// What a sign-in that the server refused says, by its OAuth error code.
pub fn sign_in_refused(code: &str) -> &'static str {
    match code {
        "access_denied" => "The sign-in was cancelled. Sign in again when you are ready.",
        "server_error" | "temporarily_unavailable" => {
            "The server could not complete the sign-in. Try again in a few minutes."
        }
        _ => "The sign-in was not completed. Try again.",
    }
}

pub fn opened(id: &str, when: &str) -> String {
    format!("{id} · opened {when}")
}

pub fn locked_but_synced(until: &str) -> String {
    format!("Locked · syncs until {until}")
}

pub fn digits_entered(count: usize) -> String {
    format!("{count} digits entered")
}

pub fn digits_missing(count: usize) -> String {
    if count == 1 {
        "1 more digit".to_owned()
    } else {
        format!("{count} more digits")
    }
}

pub fn wait_for(when: &str) -> String {
    format!("Too many wrong tries. Try again {when}.")
}

pub fn done_of(done: &str, total: &str) -> String {
    format!("{done} of {total}")
}
