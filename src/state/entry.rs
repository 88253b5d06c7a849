use holdfast_browser::{
    client::{ClientError, SignedIn},
    vault::{KnownUser, VaultError, is_weak},
};
use leptos::{prelude::*, task::spawn_local};
use web_sys::UrlSearchParams;

use super::{Memo, Session};
use crate::{
    format::time,
    strings::{entry as words, shell},
};

/// Where the server sends a person back to.
const RETURN: &str = "/signed-in";
/// The slot for who is signing in again, while the browser is at the server's page.
const AGAIN: &str = "holdfast.again";
/// A difference that is no waiting for a passcode to be typed.
const SURE: chrono::Duration = chrono::Duration::seconds(2);

/// How far into the app somebody is.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    Starting,
    SignIn {
        known: Vec<Known>,
        error: Option<String>,
    },
    /// Signed in, and new to this device.
    SetPasscode,
    Locked(Known),
    Open,
    /// The device's data could not be opened.
    Broken(String),
}

/// Somebody who can open the app on this device without a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub user_id: String,
    /// How the people of one device are told apart: nothing here says who they are.
    pub name: String,
    /// Has just signed in again.
    signed_in: Option<SignedIn>,
}

/// What the page must remember between the sign-in and the passcode.
#[derive(Debug, Clone)]
struct Arrival {
    signed_in: SignedIn,
    at: holdfast_core::Timestamp,
}

thread_local! {
    static ARRIVAL: std::cell::RefCell<Option<Arrival>> = const { std::cell::RefCell::new(None) };
}

impl Session {
    pub fn phase(self) -> Phase {
        self.phase.get()
    }

    /// Finds out where to begin: back from the server's sign-in page, or at the passcode, or at the very start.
    pub(super) fn begin(self) {
        spawn_local(async move {
            // The server is told of a sign-out made offline; if it is out of reach, the next start tells it.
            let _ = self.client().settle_revocation().await;
        });
        spawn_local(async move {
            let location = window().location();
            if location.pathname().is_ok_and(|path| path == RETURN) {
                let search = location.search().unwrap_or_default();
                self.replace_address("/");
                self.arrive(&search).await;
            } else {
                self.rest(None).await;
            }
        });
    }

    /// Nobody is in: the passcode of whoever was here last, or the sign-in.
    pub(super) async fn rest(self, error: Option<String>) {
        let phase = match self.client().users().await {
            Ok(users) => match users.first() {
                Some(user) if error.is_none() => Phase::Locked(self.known(user)),
                _ => Phase::SignIn {
                    known: users.iter().map(|user| self.known(user)).collect(),
                    error,
                },
            },
            Err(error) => Phase::Broken(error.to_string()),
        };
        self.phase.set(phase);
    }

    fn known(self, user: &KnownUser) -> Known {
        let opened = time::day_time(user.last_unlocked_at, self.instant(), self.zone());
        Known {
            user_id: user.user_id.clone(),
            name: words::opened(&user.user_id, &opened),
            signed_in: None,
        }
    }

    async fn arrive(self, search: &str) {
        let again = session_storage().and_then(|storage| {
            let again = storage.get_item(AGAIN).ok().flatten();
            // A slot that cannot be cleared is cleared with the tab.
            let _ = storage.remove_item(AGAIN);
            again
        });
        let parameter = |name: &str| {
            UrlSearchParams::new_with_str(search)
                .ok()
                .and_then(|search| search.get(name))
        };
        let (Some(code), Some(state)) = (parameter("code"), parameter("state")) else {
            // Anybody can write this address: its texts are not shown.
            let said = words::sign_in_refused(&parameter("error").unwrap_or_default());
            return self.rest(Some(said.to_owned())).await;
        };
        let at = self.instant();
        match self
            .client()
            .finish_sign_in(&code, &state, again.as_deref())
            .await
        {
            Ok(signed_in) if signed_in.known => {
                let user_id = signed_in.user_id.clone();
                self.phase.set(Phase::Locked(Known {
                    name: user_id.clone(),
                    user_id,
                    signed_in: Some(signed_in),
                }));
            }
            Ok(signed_in) => {
                ARRIVAL.set(Some(Arrival { signed_in, at }));
                self.phase.set(Phase::SetPasscode);
            }
            Err(error) => self.rest(Some(error.to_string())).await,
        }
    }

    /// Sends the browser to the server's sign-in page.
    pub fn sign_in(self) {
        let again = self.data().map(|data| data.user_id().to_owned());
        spawn_local(async move {
            if let (Some(user_id), Some(storage)) = (again, session_storage()) {
                // Without it the one who was here last is taken.
                let _ = storage.set_item(AGAIN, &user_id);
            }
            let origin = window().location().origin().unwrap_or_default();
            match self.client().begin_sign_in(&format!("{origin}{RETURN}")).await {
                Ok(address) => {
                    // Leaving the page: nothing is left to do if it fails.
                    let _ = window().location().set_href(&address);
                }
                Err(error) => self.rest(Some(error.to_string())).await,
            }
        });
    }

    /// Why a passcode may not be set, if so.
    pub fn objection_to(self, passcode: &str) -> Option<&'static str> {
        is_weak(passcode).then_some(words::WEAK_PASSCODE)
    }

    /// Seals the device for whoever has just signed in.
    pub async fn set_passcode(self, passcode: String) -> Result<(), String> {
        let Some(arrival) = ARRIVAL.with_borrow(Clone::clone) else {
            self.rest(None).await;
            return Ok(());
        };
        self.client()
            .set_up(&arrival.signed_in, &passcode)
            .await
            .map_err(said)?;
        self.set_up_after.set(Some(self.instant() - arrival.at));
        ARRIVAL.set(None);
        self.enter().await;
        Ok(())
    }

    pub async fn unlock(self, known: Known, passcode: String) -> Result<(), String> {
        let client = self.client();
        match &known.signed_in {
            Some(signed_in) => client.unlock_signed_in(signed_in, &passcode).await,
            None => client.unlock(&known.user_id, &passcode).await,
        }
        .map_err(said)?;
        self.enter().await;
        Ok(())
    }

    async fn enter(self) {
        self.drafts.load().await;
        // Another tab may have locked meanwhile.
        if self.data().is_some() {
            self.phase.set(Phase::Open);
        }
    }

    /// Another person of this device. Where the last one was is none of their business.
    pub fn choose(self, known: Known) {
        self.replace_address("/");
        self.phase.set(Phase::Locked(known));
    }

    pub fn choose_another(self) {
        spawn_local(async move {
            let known = match self.client().users().await {
                Ok(users) => users.iter().map(|user| self.known(user)).collect(),
                Err(error) => return self.phase.set(Phase::Broken(error.to_string())),
            };
            self.phase.set(Phase::SignIn { known, error: None });
        });
    }

    /// Removes everything of the person from this device.
    pub fn sign_out(self) {
        spawn_local(async move {
            match self.client().sign_out().await {
                Ok(()) => {
                    self.replace_address("/");
                    self.rest(None).await;
                }
                Err(error) => self.phase.set(Phase::Broken(error.to_string())),
            }
        });
    }

    pub async fn change_passcode(self, passcode: String, new_passcode: String) -> Result<(), String> {
        self.client()
            .change_passcode(&passcode, &new_passcode)
            .await
            .map_err(said)
    }

    /// A new data key for what lies on this device; what lies there already is sealed anew in the background.
    pub async fn replace_key(self, passcode: String) -> Result<(), String> {
        self.client().replace_key(&passcode).await.map_err(said)
    }

    /// Whether the records are still on their way for the first time, and nobody wanted to start with less.
    pub fn is_first_sync(self) -> Memo<bool> {
        let incomplete = self.live(|reader| reader.replica.cursor().is_none_or(|cursor| cursor.partial));
        Memo::new(move |_| incomplete.get() && !self.started.get())
    }

    pub fn start_now(self) {
        self.started.set(true);
    }

    /// Whether this device was set up before and its storage was cleared since (protocol S7): the server has known it
    /// for longer than the person has been signed in.
    pub fn lost_storage(self) -> Memo<bool> {
        self.live(move |reader| {
            let device = reader.replica.me().and_then(|me| me.device.clone());
            match (self.set_up_after.get(), device) {
                (Some(since), Some(device)) => device.last_seen_at - device.first_seen_at > since + SURE,
                _ => false,
            }
        })
    }

    pub fn storage_loss_is_known(self) {
        self.set_up_after.set(None);
    }

    pub fn reload(self) {
        // Nothing is left to do if the browser refuses.
        let _ = window().location().reload();
    }
}

/// Why a passcode was not taken.
fn said(error: ClientError) -> String {
    match error {
        ClientError::Vault(VaultError::WrongPasscode) => words::WRONG_PASSCODE.to_owned(),
        ClientError::Vault(VaultError::WeakPasscode) => words::WEAK_PASSCODE.to_owned(),
        ClientError::Vault(VaultError::Wait(seconds)) => {
            words::wait_for(&crate::strings::time::in_seconds(i64::from(seconds)))
        }
        ClientError::Store(error) => shell::not_opened(&error.to_string()),
        ClientError::Vault(VaultError::Database(error)) => shell::not_opened(&error.to_string()),
        other => super::Fault::from(other).to_string(),
    }
}

fn session_storage() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}
