//! One file per subcommand.

pub mod attack;
pub mod bench;
pub mod build;
pub mod check;
pub mod contract;
pub mod format;
pub mod fuzz;
pub mod kill;
pub mod mutate;
pub mod run;
pub mod simulate;
pub mod test;
pub mod torture;
pub mod unicode;
