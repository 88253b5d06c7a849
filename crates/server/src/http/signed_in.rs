//! A signed-in caller of one request.

use std::ops::Deref;
use std::sync::Arc;

use super::turns::UserTurn;
use crate::identity::Identity;

/// The caller, and one of the turns that the caller has at once. The turn ends with the request's work, be it done in
/// several steps.
#[derive(Debug, Clone)]
pub struct SignedIn {
    identity: Identity,
    turn: Arc<UserTurn>,
}

impl Deref for SignedIn {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        &self.identity
    }
}

impl SignedIn {
    pub(super) fn new(identity: Identity, turn: UserTurn) -> Self {
        Self {
            identity,
            turn: Arc::new(turn),
        }
    }

    pub(super) fn into_parts(self) -> (Identity, Arc<UserTurn>) {
        (self.identity, self.turn)
    }
}
