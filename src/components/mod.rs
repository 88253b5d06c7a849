//! Small parts that pages are made of. They hold no rules: what they show is worked out in plain structs.

mod button;
mod dialog;
mod empty;
mod field_input;
mod for_each;
mod frame;
mod icon;
mod list_input;
mod mark;
mod passcode;
mod reference_input;
mod row;
mod show;
mod storage_lost;
mod timer;
mod toasts;
mod update_bar;
mod write_card;

pub use button::{button, focused_button};
pub use dialog::Dialog;
pub use empty::Empty;
pub use field_input::{FieldInput, FormState};
pub use for_each::For;
pub use frame::{Frame, Tab};
pub use icon::icon;
pub use list_input::ListInput;
pub use mark::{badges, mark};
pub use passcode::PasscodeEntry;
pub use row::{record_row, rows};
pub use show::Show;
pub use storage_lost::StorageLost;
pub use timer::TimerReading;
pub use toasts::Toasts;
pub use update_bar::UpdateBar;
pub use write_card::{WriteCard, receipts};
