//! What handlers share.

mod rules;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use holdfast_core::pack::Packs;
use tokio::sync::Semaphore;
use url::Url;

use super::ApiError;
use super::hosts::AllowedHosts;
use super::metrics::Metrics;
use super::quotas::{ApiLimits, Quotas};
use super::security_headers::SecurityHeaders;
use super::sign_in_limits::SignInLimits;
use super::turns::Queues;
use super::work::DatabaseWork;
use crate::identity::IdentityError;
use crate::identity::grant::Lifetimes;
use crate::identity::password::Passwords;
use crate::identity::throttle::Quota;
use crate::storage::database::Database;
use crate::storage::port::{Organisation, Storage, StorageError, Transaction};

/// Password checks that run side by side; each takes a core and 19 MiB for a while.
const PASSWORD_CHECKS_AT_ONCE: usize = 4;

/// Password checks that wait for their turn; one more is refused.
const PASSWORD_CHECKS_WAITING: usize = 64;

/// Requests of one network to one OAuth route at once, and one more per [`OAUTH_INTERVAL`] after that.
const OAUTH_BURST: i32 = 100;
const OAUTH_INTERVAL: TimeDelta = TimeDelta::milliseconds(100);

/// What the operator decided.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder of the built app.
    pub web: PathBuf,
    pub demo: bool,
    /// The address under which browsers know this server; none: whatever address they used.
    pub public_url: Option<Url>,
    /// The names by which this server answers.
    pub hosts: AllowedHosts,
    /// What is for the operator has a listener of its own.
    pub separate_operations: bool,
    /// Refresh cookies are sent over https only.
    pub secure_cookies: bool,
    /// A reverse proxy stands in front, whose `X-Forwarded-For` is to be believed.
    pub behind_proxy: bool,
    pub lifetimes: Lifetimes,
    pub api_limits: ApiLimits,
}

/// Attempts and requests counted in memory; a restart forgives.
#[derive(Debug)]
pub(super) struct Limits {
    pub sign_ins: SignInLimits,
    /// Of each network, by route.
    pub oauth_requests: Quota,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_ins: SignInLimits::default(),
            oauth_requests: Quota::new(OAUTH_INTERVAL, OAUTH_BURST),
        }
    }
}

#[derive(Debug, Clone)]
pub struct AppState {
    pub settings: Arc<Settings>,
    pub security_headers: Arc<SecurityHeaders>,
    pub passwords: Arc<Passwords>,
    pub password_checks: Arc<Semaphore>,
    pub password_queue: Arc<Semaphore>,
    pub metrics: Arc<Metrics>,
    pub packs: Arc<Packs>,
    pub(super) quotas: Arc<Quotas>,
    pub(super) user_turns: Queues,
    /// Of these, the ones that use the database.
    user_work: Queues,
    user_writes: Queues,
    device_turns: Queues,
    work: DatabaseWork,
    database: Arc<Database>,
    /// See [`Self::organisation`].
    organisation: Organisation,
    limits: Arc<Mutex<Limits>>,
}

/// The server's time, in the milliseconds that the store keeps.
fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(3)
}

impl AppState {
    pub fn new(
        settings: Settings,
        security_headers: SecurityHeaders,
        packs: Arc<Packs>,
        (database, organisation): (Arc<Database>, Organisation),
    ) -> Result<Self, IdentityError> {
        let limits = settings.api_limits;
        Ok(Self {
            quotas: Arc::new(Quotas::new(&limits)),
            user_turns: Queues::new(limits.at_once, limits.waiting),
            // Whoever has a turn has a place to wait here.
            user_work: Queues::new(limits.in_database, limits.at_once),
            user_writes: Queues::new(1, limits.at_once),
            device_turns: Queues::new(1, limits.at_once),
            work: DatabaseWork::new(&limits),
            settings: Arc::new(settings),
            security_headers: Arc::new(security_headers),
            passwords: Arc::new(Passwords::new(&mut rand::rng())?),
            password_checks: Arc::new(Semaphore::new(PASSWORD_CHECKS_AT_ONCE)),
            password_queue: Arc::new(Semaphore::new(PASSWORD_CHECKS_AT_ONCE + PASSWORD_CHECKS_WAITING)),
            metrics: Arc::new(Metrics::default()),
            packs,
            database,
            organisation,
            limits: Arc::new(Mutex::new(Limits::default())),
        })
    }

    /// The time by which this request is judged.
    pub fn now(&self) -> DateTime<Utc> {
        now()
    }

    pub(super) fn limits(&self) -> MutexGuard<'_, Limits> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The organisation that a request signs in to or acts in: the only one there is.
    ///
    /// This is the one place where several will be told apart, and it will then take the request. A sign-in brings nothing
    /// but a user name, which is an organisation's own, so its host has to tell; later requests bring a token.
    fn organisation(&self) -> Organisation {
        self.organisation
    }

    /// Runs `work` on a snapshot of the database, on a blocking thread.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: From<StorageError> + Into<ApiError> + Send + 'static,
        F: FnOnce(&dyn Transaction) -> Result<T, E> + Send + 'static,
    {
        let (database, organisation) = (Arc::clone(&self.database), self.organisation());
        self.work.reading(move || database.read(organisation, work)).await
    }

    /// Asks the database whether it can serve, on a blocking thread.
    pub async fn probe(&self) -> Result<(), ApiError> {
        let database = Arc::clone(&self.database);
        self.work.reading(move || database.probe()).await
    }

    /// Runs `work` in a write transaction, on a blocking thread. Once begun, it is committed or rolled back even if the
    /// client hangs up meanwhile.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: From<StorageError> + Into<ApiError> + Send + 'static,
        F: FnOnce(&mut dyn Transaction) -> Result<T, E> + Send + 'static,
    {
        let (database, organisation) = (Arc::clone(&self.database), self.organisation());
        self.work
            .writing(move || database.write(organisation, work))
            .await
    }
}
