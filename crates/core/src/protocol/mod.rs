//! The wire: shapes that client and server share. `docs/protocol.md` is their reference.

mod cause;
mod columns;
mod cursor;
mod delta;
mod error;
mod if_match;
mod push;
mod session;

pub use cause::Cause;
pub use columns::{Layout, Row};
pub use cursor::{Cursor, CursorError};
pub use delta::{Delta, DeltaChanges, Digest, DigestEntry, Metadata, WireRecord};
pub use error::{ErrorCode, ErrorEnvelope, WireError};
pub use holdfast_codec::delta::{DeltaText, RecordText};
pub use if_match::{IfMatch, entity_tag};
pub use push::{
    ConflictSummary, OperationResult, PushRequest, PushResponse, ResultStatus, Superseded, WireOperation,
};
pub use session::{DeviceInfo, Health, Me, TokenAnswer};
