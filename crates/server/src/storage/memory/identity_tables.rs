//! What identity keeps, in memory.

use uuid::Uuid;

use super::table::{Table, Undo};
use crate::storage::identity::{
    AccessToken, AuthorizationCode, Device, KnownBrowser, RefreshToken, Revoked, SecretHash, Session, User,
};

pub(super) const TABLES: usize = 7;

#[derive(Debug, Clone, Default)]
pub(super) struct IdentityTables {
    pub users: Table<String, User>,
    pub devices: Table<Uuid, Device>,
    pub sessions: Table<Uuid, Session>,
    pub refresh_tokens: Table<SecretHash, RefreshToken>,
    pub access_tokens: Table<SecretHash, AccessToken>,
    pub codes: Table<SecretHash, AuthorizationCode>,
    /// By user, then hash.
    pub browsers: Table<(String, SecretHash), KnownBrowser>,
}

impl IdentityTables {
    pub fn all(&mut self) -> [&mut dyn Undo; TABLES] {
        [
            &mut self.users,
            &mut self.devices,
            &mut self.sessions,
            &mut self.refresh_tokens,
            &mut self.access_tokens,
            &mut self.codes,
            &mut self.browsers,
        ]
    }

    /// Revokes the living sessions that fit; says how many.
    pub fn revoke(&mut self, revoked: Revoked, fits: impl Fn(&Session) -> bool) -> usize {
        let living = |session: &Session| session.revoked.is_none() && fits(session);
        self.sessions.update(living, |session| Session {
            revoked: Some(revoked),
            ..session.clone()
        })
    }
}
