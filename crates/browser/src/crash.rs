//! Where a write of storage can die, by name.
//!
//! A killed process ends between two steps of a write, or before the first, or after the last. Each such place has a
//! name here, and the code says when it gets there. In the product that is nothing at all; with the feature
//! `crash-points` a test chooses a place and what happens to whoever reaches it.

macro_rules! crash_points {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// A place between two steps.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum CrashPoint {
            $($(#[$doc])* $name),*
        }

        #[cfg(feature = "crash-points")]
        impl CrashPoint {
            /// Every place there is.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

crash_points! {
    /// A commit is sealed; its transaction has not begun.
    CommitSealed,
    /// Its entry has been added to the journal, in a transaction that has not ended.
    CommitAdded,
    /// Everything else of it has been asked for, in the same transaction.
    CommitIssued,
    /// The transaction has ended well; nobody has been told.
    CommitDone,
    /// A fold is sealed; its transaction has not begun.
    FoldSealed,
    /// Its entry has been added to the journal, in a transaction that has not ended.
    FoldAdded,
    /// What it puts and what it takes away has been asked for, in the same transaction.
    FoldIssued,
    /// The transaction has ended well; nobody has been told.
    FoldDone,
    /// What an earlier version of the app left has been read.
    MigrationRead,
    /// It is sealed anew; the transaction has not begun.
    MigrationSealed,
    /// Everything has been asked for, in a transaction that has not ended.
    MigrationIssued,
    /// The transaction has ended well; nothing has been loaded from the new layout.
    MigrationDone,
    /// A new data key is made and wrapped; the vault does not hold it yet.
    RotationWrapped,
    /// The vault holds both keys.
    RotationBegun,
    /// The journal's newest entry is of the new key.
    RotationFenced,
    /// Some values have been read.
    RotationRead,
    /// What of them the former key had sealed is sealed anew; the transaction has not begun.
    RotationSealed,
    /// They have been asked to be replaced, in a transaction that has not ended.
    RotationIssued,
    /// The transaction has ended well; others are left.
    RotationWritten,
    /// The vault has let go of the former key; nobody has been told.
    RotationEnded,
}

/// The places that an addition to the journal passes.
pub(super) struct Steps {
    pub sealed: CrashPoint,
    pub added: CrashPoint,
    pub issued: CrashPoint,
    pub done: CrashPoint,
}

impl Steps {
    pub(super) const COMMIT: Self = Self {
        sealed: CrashPoint::CommitSealed,
        added: CrashPoint::CommitAdded,
        issued: CrashPoint::CommitIssued,
        done: CrashPoint::CommitDone,
    };
    pub(super) const FOLD: Self = Self {
        sealed: CrashPoint::FoldSealed,
        added: CrashPoint::FoldAdded,
        issued: CrashPoint::FoldIssued,
        done: CrashPoint::FoldDone,
    };
}

#[cfg(not(feature = "crash-points"))]
#[inline(always)]
pub(crate) const fn reached(_: CrashPoint) {}

#[cfg(feature = "crash-points")]
pub use armed::arm;
#[cfg(feature = "crash-points")]
pub(crate) use armed::reached;

#[cfg(feature = "crash-points")]
mod armed {
    use std::cell::RefCell;

    use super::CrashPoint;

    type Death = Box<dyn Fn(CrashPoint)>;

    thread_local! {
        static ARMED: RefCell<Option<(CrashPoint, Death)>> = const { RefCell::new(None) };
    }

    /// From now on `death` happens to whoever reaches the place in this context.
    pub fn arm(point: CrashPoint, death: impl Fn(CrashPoint) + 'static) {
        ARMED.set(Some((point, Box::new(death))));
    }

    pub(crate) fn reached(point: CrashPoint) {
        ARMED.with_borrow(|armed| {
            if let Some((_, death)) = armed.as_ref().filter(|(at, _)| *at == point) {
                death(point);
            }
        });
    }
}
