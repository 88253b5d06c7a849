//! Settings, storage, installing, audit, signing out.

use super::changes;

pub const LOCK_NOW: &str = "Lock now";
pub const LOCK_HINT: &str = "Asks for the passcode on return";
pub const LOCK_AFTER: &str = "Lock by itself";
pub const LOCK_AFTER_HINT: &str = "Counted from your last touch";
pub const PASSCODE: &str = "Change passcode";
pub const KEY: &str = "Replace the data key";
pub const KEY_HINT: &str = "If a copy of this device’s storage may be in other hands";
pub const KEY_WHAT: &str = "Everything stored on this device is sealed again with a new key. Nothing is lost, and nothing is sent anywhere.";
pub const KEY_WHEN: &str = "Do this if somebody may have copied what this browser stores, or knew your passcode: such a copy, or an old key, opens nothing that is stored from then on. If somebody may know your passcode, change it first, or they can simply unlock the app.";
pub const KEY_HOW: &str = "It goes on in the background while you work. A lock or a restart only makes it wait for the next unlock.";
pub const KEY_REPLACE: &str = "Replace";
pub const KEY_REPLACED: &str = "The data key was replaced";
pub const SYNC: &str = "Sync";
pub const SYNC_NOW: &str = "Sync now";
pub const NOT_DRAINING_TEXT: &str = "The server is in reach, but takes none of your changes. They are safe on this device and are tried again by themselves, every five minutes at the latest. Sync now tries at once. If this goes on, tell your administrator, and do not sign out before they are sent.";
pub const NEVER: &str = "Never synced";
pub const BACKGROUND: &str = "Sync while the app is closed";
pub const BACKGROUND_HINT: &str = "Keeps the key on this device for up to 7 days, or until the app is locked; who has the unlocked phone could use it";
pub const STORAGE: &str = "Storage";
pub const STORAGE_KEPT: &str = "The browser promised to keep this data.";
pub const STORAGE_AT_RISK: &str = "The browser may clear this data when space runs short. Add Holdfast to the home screen, or ask it to keep the data.";
pub const ASK_TO_KEEP: &str = "Ask to keep it";
pub const STORAGE_UNKNOWN: &str = "This browser does not tell how much it holds.";
pub const WAITING_TO_SEND: &str = "Changes waiting to be sent";
pub const NOT_ACCEPTED: &str = "Changes not accepted";
pub const LOOK: &str = "Look";
pub const THEME: &str = "Theme";
pub const THEME_AUTO: &str = "As the phone";
pub const THEME_LIGHT: &str = "Light";
pub const THEME_DARK: &str = "Dark";
pub const AUDIT: &str = "Audit";
pub const AUDIT_HINT: &str = "Every decision, every value";
pub const INSTALL: &str = "Add to home screen";
pub const INSTALL_TITLE: &str = "Put Holdfast on your home screen";
pub const INSTALL_TEXT: &str =
    "There it keeps its data for good; in a browser tab, iOS may erase it after 7 days without use.";
pub const INSTALL_STEPS: [&str; 3] = [
    "Open the browser’s Share or menu button.",
    "Choose Add to Home Screen or Install app.",
    "Confirm, then open Holdfast from its icon.",
];
pub const GOT_IT: &str = "Got it";
pub const ABOUT: &str = "About";
pub const SIGN_OUT: &str = "Sign out and erase this device";
pub const SIGN_OUT_ASK: &str = "Sign out and erase this device?";
pub const SIGN_OUT_TEXT: &str =
    "Records, keys and settings of yours leave this device. What is synced stays on the server.";
pub const SIGN_OUT_ANYWAY: &str = "Erase without sending";
pub const SIGN_OUT_SAVE: &str = "Save a sealed file first";
pub const STAY: &str = "Stay signed in";
pub const REMEMBERED: &str = "Remembered choices";
pub const FORGET: &str = "Ask again";
pub const ALWAYS_MINE: &str = "Always mine";
pub const ALWAYS_THEIRS: &str = "Always theirs";
pub const DEVICES: &str = "Devices";
pub const DEVICES_HINT: &str = "Where you are signed in; sign out a lost one";
pub const DEVICES_OFFLINE: &str = "The server knows the devices";
pub const DEVICES_OFFLINE_TEXT: &str = "Come back with a network to see them, or to sign a lost one out.";
pub const THIS_DEVICE: &str = "This device";
pub const SIGN_OUT_DEVICE: &str = "Sign out";
pub const SIGN_OUT_DEVICE_ASK: &str = "Sign this device out?";
pub const SIGN_OUT_DEVICE_TEXT: &str = "It can neither read nor send any more until somebody signs in on it. What was not sent yet stays on it, sealed under its passcode.";
pub const KEEP_DEVICE: &str = "Keep it signed in";
pub const DETAILS: &str = "Sync details";

pub const PASSCODE_TITLE: &str = "Change the passcode";
pub const PASSCODE_OLD: &str = "Passcode now";
pub const PASSCODE_NEW: &str = "New passcode";
pub const PASSCODE_AGAIN: &str = "New passcode again";
pub const PASSCODE_HINT: &str = "Six digits or more, or a phrase";
pub const PASSCODE_SHORT: &str = "Use six digits or characters, or more.";
pub const PASSCODE_DIFFERENT: &str = "The two are not the same.";
pub const PASSCODE_CHANGED: &str = "Passcode changed";

pub const AUDIT_EMPTY: &str = "No decisions yet";
pub const AUDIT_EMPTY_TEXT: &str = "When two people change the same thing, every value is kept here.";
pub const AUDIT_OFFLINE: &str = "The audit lies on the server";
pub const AUDIT_OFFLINE_TEXT: &str =
    "It holds everybody’s values, so it is never kept on a device. Come back with a network.";
pub const AUDIT_NOT_ALLOWED: &str = "The audit is for administrators";
pub const AUDIT_NOT_ALLOWED_TEXT: &str = "Ask one if an earlier value is to come back.";
pub const BY_RULE: &str = "By rule";
pub const BY_PERSON: &str = "By a person";
pub const RESTORED: &str = "Restored";
pub const ALL: &str = "All";
pub const RESTORE: &str = "Restore this value";
pub const RESTORE_DONE: &str = "Restored as a new version";
pub const STANDS: &str = "Kept";
pub const SUPERSEDED: &str = "Superseded";
pub const LOAD_MORE: &str = "Older entries";
pub const LOADING: &str = "Asking the server";

pub fn lock_after(minutes: u32) -> String {
    match minutes {
        0 => "Never".to_owned(),
        1 => "1 minute".to_owned(),
        60 => "1 hour".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

pub fn resealing(done: usize, of: usize) -> String {
    match of {
        0 => "Waits to seal everything again; goes on by itself".to_owned(),
        _ => format!("Sealing again: {done} of {of}"),
    }
}

pub fn background_until(when: &str) -> String {
    format!("Until {when}, or until the app is locked; who has the unlocked phone could use the key")
}

pub fn last_synced(when: &str) -> String {
    format!("Last synced {when}")
}

pub fn last_verified(when: &str) -> String {
    format!("Last full check {when}")
}

pub fn used_of(used: &str, quota: &str) -> String {
    format!("{used} of {quota}")
}

pub fn quarantined(count: usize) -> String {
    let (rows, kept) = if count == 1 {
        ("1 stored entry".to_owned(), "is")
    } else {
        (format!("{count} stored entries"), "are")
    };
    format!(
        "{rows} cannot be read and {kept} kept aside. What the server has of it is fetched again with the next full check."
    )
}

pub const UNREADABLE: &str = "Something recorded here cannot be read";
pub const REMOVE_UNREADABLE: &str = "Remove what cannot be read";
pub const REMOVE_UNREADABLE_ASK: &str = "Remove what cannot be read?";
pub const REMOVE_UNREADABLE_TEXT: &str = "Changes in it that were never sent are lost for good. Everything else stays, changes that wait to be sent too, and all records are fetched anew from the server.";
pub const LOSE_UNREADABLE: &str = "I know that what cannot be read is lost";
pub const REMOVED_UNREADABLE: &str = "Removed. Everything is fetched anew.";

pub fn unreadable(count: usize) -> String {
    let pieces = super::counted(count, "piece", "pieces");
    let (it, is) = if count == 1 { ("It", "is") } else { ("They", "are") };
    format!(
        "{pieces} of what was stored on this device cannot be read: damaged, or changed from outside. {it} may hold changes that were never sent, and {is} kept aside. Everything else works. If an update is ready, restart first: a newer version may read more. Otherwise save a sealed file, with everything that waits and the unreadable part as it is, then remove it."
    )
}

pub fn unsent(count: usize) -> String {
    format!(
        "{} on this device were never sent and would be lost.",
        changes(count)
    )
}

pub fn version(number: &str) -> String {
    format!("Version {number}")
}

pub fn about_packs(packs: &str) -> String {
    format!("Lines of work: {packs}")
}

pub fn forget(about: &str) -> String {
    format!("Ask again about {about}")
}

pub fn last_seen(when: &str) -> String {
    format!("Last seen {when}")
}

pub fn sign_out_of(device: &str) -> String {
    format!("Sign out {device}")
}

pub fn device_signed_out(device: &str) -> String {
    format!("{device} is signed out")
}

pub fn audit_action(action: &str) -> &'static str {
    match action {
        "merge" => "Put together by rule",
        "conflict" => "Waits for a decision",
        "resolve" => "Settled",
        "undo" => "Settlement taken back",
        "restore" => "Restored",
        "denied" => "Refused for lack of rights",
        "after-access" => "Work taken after access was lost",
        "import" => "Imported from a file",
        _ => "",
    }
}
