//! How things are said: times, values, differences. Pure, so that every wording has a native test.

pub mod audit;
pub mod bytes;
pub mod choices;
pub mod diff;
pub mod entities;
pub mod inbox;
pub mod number;
pub mod row;
pub mod status;
pub mod time;
pub mod value;
pub mod write;
