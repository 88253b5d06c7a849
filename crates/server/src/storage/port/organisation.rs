/// The organisation that a transaction belongs to.
///
/// An organisation's own, and invisible to every other: its records with their ids, its change log with positions and
/// times, the cursors that name them, histories, keys of unique values, the ledger of first answers, aliases,
/// memberships and dialogues, the audit and its chain, named values such as the epoch and the secret that cursors are
/// proved by, accounts with their devices and sessions, and files once there are any.
///
/// There is one so far, and every database holds that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Organisation(());

impl Organisation {
    /// Named where a program begins: by the command line for its commands and for the server that it starts, by tests and
    /// by the simulator. Everything below takes an organisation from its caller.
    pub const ONLY: Self = Self(());
}
