//! What can go wrong in a development command. Each message says what happened and what to do.

use std::{io, path::PathBuf, process::ExitStatus};

/// The reason a command ended.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("`{command}` ended with {status}; its own message is above")]
    Command { command: String, status: ExitStatus },

    #[error("cannot start `{program}`: {source}. {hint}")]
    Start {
        program: String,
        source: io::Error,
        hint: &'static str,
    },

    #[error("cannot {action} {}: {source}", path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },

    #[error("{what} is missing. {remedy}")]
    Missing { what: String, remedy: String },

    #[error("the web build is not what this command expects: {0}")]
    WebBuild(String),

    #[error("cannot write the worker's build description: {0}")]
    Json(#[from] serde_json::Error),

    #[error("step `{step}` failed: {source}\nrun it alone: cargo xtask test --only {step}")]
    Step {
        step: &'static str,
        source: Box<Failure>,
    },

    #[error("{0}")]
    Mutation(String),

    #[error("the order of packages and folders (xtask/layers.toml) does not hold:\n{0}")]
    Layers(String),

    #[error("{} has a view that cannot be read: {message}", path.display())]
    View { path: PathBuf, message: String },

    #[error("views are not formatted; run cargo xtask format:\n{0}")]
    Views(String),

    #[error("the server did not answer on {address} within {seconds} s; its own messages are above")]
    NoAnswer { address: String, seconds: u64 },
}

/// What every step returns.
pub type Outcome<T = ()> = Result<T, Failure>;

/// Adds to an I/O error what was attempted, and where.
pub trait FileContext<T> {
    /// Turns the error into one that names the action ("read", "write") and the path.
    fn at(self, action: &'static str, path: impl Into<PathBuf>) -> Outcome<T>;
}

impl<T> FileContext<T> for io::Result<T> {
    fn at(self, action: &'static str, path: impl Into<PathBuf>) -> Outcome<T> {
        self.map_err(|source| Failure::File {
            action,
            path: path.into(),
            source,
        })
    }
}
