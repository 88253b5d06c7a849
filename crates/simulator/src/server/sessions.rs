//! Who may talk to the server: the real rules of identity over the server's storage.

use std::fmt;

use chrono::TimeDelta;
use holdfast_core::{
    pack::Packs,
    ports::{Body, Request, Response},
    protocol::Me,
};
use holdfast_server::{
    identity::{
        Identity, IdentityError,
        access::{authenticate, remove_device, tidy},
        authorization::{AuthorizationRequest, CLIENT_ID, issue_code},
        exchange::{CodeExchange, exchange_code},
        grant::{Grant, Lifetimes, Refusal, SETTLING, Terms, Tokens},
        refresh::refresh,
    },
    storage::{
        identity::User,
        memory::MemoryStorage,
        port::{Organisation, Result, Storage, Transaction},
    },
    sync::Caller,
};
use rand::{SeedableRng, rngs::StdRng};
use serde_json::json;

use super::{
    Answer,
    api::{ok, refused as refused_request},
    instant,
};

/// Short, so that tokens expire in the middle of work; and a refresh token does not outlive two weeks away.
const LIFETIMES: Lifetimes = Lifetimes {
    access: TimeDelta::minutes(3),
    refresh: TimeDelta::days(10),
    session: TimeDelta::days(90),
    settling: SETTLING,
};

const REDIRECT: &str = "https://field.example/signed-in";
const VERIFIER: &str = "a-verifier-that-only-the-app-which-asked-could-know";
/// The SHA-256 of the verifier, in base64url.
const CHALLENGE: &str = "FSBWSR94kX4QaW4SyzLu91b5jBDlZg5r9_-kxPHMGY0";

pub struct Sessions {
    rng: StdRng,
    /// How often a session was ended because its token seemed to be in somebody else's hands too.
    pub thefts: u64,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl Sessions {
    pub fn new(seed: u64) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
            thefts: 0,
        }
    }

    /// The code for somebody who typed the right password.
    pub fn authorize(&mut self, storage: &MemoryStorage, user: &str, now: u64) -> Option<String> {
        let request = AuthorizationRequest {
            redirect_uri: REDIRECT.to_owned(),
            code_challenge: CHALLENGE.to_owned(),
            ..AuthorizationRequest::default()
        };
        let rng = &mut self.rng;
        let code = storage.write(Organisation::ONLY, |tx| {
            issue_code(tx.identity_mut()?, rng, instant(now), user, &request)
        });
        code.ok().map(|code| code.reveal().to_owned())
    }

    /// Answers `POST /oauth/token` as the server does.
    pub fn token(
        &mut self,
        storage: &MemoryStorage,
        request: &Request,
        cookie: Option<&str>,
        now: u64,
    ) -> Answer {
        let terms = &mut Terms {
            now: instant(now),
            rng: &mut self.rng,
            lifetimes: LIFETIMES,
        };
        let Some(form) = request.body.as_ref().and_then(Body::as_form) else {
            return refused("no form");
        };
        let form: FormFields<'_> = form.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let granted = storage.write(
            Organisation::ONLY,
            |tx| -> std::result::Result<_, IdentityError> {
                let store = tx.identity_mut()?;
                tidy(store, terms.now)?;
                match field(&form, "grant_type") {
                    Some("authorization_code") => exchange_code(store, terms, &code_exchange(&form, cookie)),
                    _ => refresh(store, terms, cookie, "simulated"),
                }
            },
        );
        match granted {
            Ok(Grant::Issued(tokens)) => issued(&tokens),
            Ok(Grant::Refused(refusal)) => {
                self.thefts += u64::from(refusal == Refusal::TokenReused);
                refused(&refusal.to_string())
            }
            Err(error) => Answer::from(refused_request(
                500,
                holdfast_core::protocol::ErrorCode::ServerError,
                &error.to_string(),
            )),
        }
    }
}

/// Gives a person an account, or other roles and sites.
pub fn keep_account(tx: &mut dyn Transaction, user: &str, roles: &[&str], sites: &[&str]) -> Result<()> {
    let owned = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
    tx.identity_mut()?.save_user(&User {
        id: user.to_owned(),
        username: user.to_owned(),
        display_name: user.to_owned(),
        password_hash: String::new(),
        roles: owned(roles),
        sites: owned(sites),
        demo: false,
        disabled: false,
        created_at: instant(0),
    })
}

/// A person, with what their roles allow.
pub fn person(tx: &dyn Transaction, user: &str, packs: &Packs) -> Result<Option<Me>> {
    let user = tx.identity().user(user)?;
    let identity = user.map(|user| Identity {
        user_id: user.id,
        username: user.username,
        display_name: user.display_name,
        roles: user.roles,
        sites: user.sites,
        device_id: uuid::Uuid::nil(),
        session_id: uuid::Uuid::nil(),
    });
    Ok(identity.map(|identity| caller_of(identity, packs).me))
}

/// Whom an access token stands for.
pub fn caller(storage: &MemoryStorage, bearer: &str, packs: &Packs, now: u64) -> Option<Caller> {
    let identity = storage.read(Organisation::ONLY, |tx| {
        authenticate(tx.identity(), instant(now), bearer)
    });
    Some(caller_of(identity.ok().flatten()?, packs))
}

/// The owner, or an administrator, signs a device out from elsewhere.
pub fn revoke(storage: &MemoryStorage, user: &str, device_id: &str, now: u64) -> bool {
    let Ok(device_id) = uuid::Uuid::parse_str(device_id) else {
        return false;
    };
    let removed = storage.write(Organisation::ONLY, |tx| {
        remove_device(tx.identity_mut()?, instant(now), user, device_id)
    });
    removed.unwrap_or(false)
}

/// Conflicts and notices are everybody's; what one may do to the work is in the role.
fn caller_of(identity: Identity, packs: &Packs) -> Caller {
    let mut caller = identity.caller(packs);
    let system = packs.iter().find(|pack| pack.name == holdfast_core::system::NAME);
    let scopes = system.and_then(|pack| pack.roles.get("technician"));
    caller.me.scopes.extend(scopes.into_iter().flatten().cloned());
    caller
}

type FormFields<'a> = Vec<(&'a str, &'a str)>;

fn field<'a>(form: &FormFields<'a>, name: &str) -> Option<&'a str> {
    form.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
}

/// The form by which the app exchanges a code.
pub fn code_form(code: &str, device_id: Option<&str>) -> String {
    let device = device_id.map(|id| format!("&device_id={id}")).unwrap_or_default();
    format!("grant_type=authorization_code&code={code}{device}")
}

fn code_exchange(form: &FormFields<'_>, cookie: Option<&str>) -> CodeExchange {
    CodeExchange {
        code: field(form, "code").unwrap_or_default().to_owned(),
        code_verifier: VERIFIER.to_owned(),
        client_id: CLIENT_ID.to_owned(),
        redirect_uri: REDIRECT.to_owned(),
        device_id: field(form, "device_id").and_then(|id| uuid::Uuid::parse_str(id).ok()),
        earlier_refresh: cookie.map(str::to_owned),
        label: "simulated".to_owned(),
    }
}

fn issued(tokens: &Tokens) -> Answer {
    Answer {
        response: ok(&json!({
            "access_token": tokens.access.reveal(),
            "token_type": "Bearer",
            "expires_in": tokens.access_expires_in.num_seconds(),
            "user_id": tokens.user_id,
            "device_id": tokens.device_id,
        })),
        cookie: Some(tokens.refresh.reveal().to_owned()),
    }
}

fn refused(why: &str) -> Answer {
    let body = json!({ "error": "invalid_grant", "error_description": why });
    Answer::from(Response::new(400, body.to_string()))
}
