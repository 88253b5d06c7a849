//! The server's binary, started and killed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use holdfast_server::storage::identity::User;
use holdfast_server::storage::port::{Organisation, Storage, StorageError};
use holdfast_server::storage::sqlite::SqliteDatabase;
use tempfile::TempDir;

/// A folder with a database and what the server wants to serve.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("dist")).unwrap();
        std::fs::write(folder.path().join("dist/index.html"), "<!doctype html>").unwrap();
        Self(folder)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast-server"));
        command.current_dir(self.0.path());
        command
    }

    /// Starts the server on a free port and waits until it listens.
    pub fn start(&self) -> Process {
        let started = Instant::now();
        let mut command = self.command();
        command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--log", "error"]);
        command.args(["--access-token-seconds", "3600"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().strip_prefix("Holdfast is at ");
        let address = address.expect("the server starts on whatever the killed one left");
        Process {
            address: address.to_owned(),
            took: started.elapsed(),
            child,
        }
    }

    fn database(&self) -> SqliteDatabase {
        SqliteDatabase::open_existing(&self.0.path().join("holdfast.db")).unwrap()
    }

    /// An account more beside those of the demo, with the role and the password of one of them.
    pub fn add_account(&self, name: &str, like: &str) {
        let added = self
            .database()
            .write(Organisation::ONLY, |tx| -> Result<(), StorageError> {
                let store = tx.identity_mut()?;
                let template = store.user(like)?.unwrap();
                let (id, username) = (name.to_owned(), name.to_owned());
                let display_name = name.to_owned();
                store.save_user(&User {
                    id,
                    username,
                    display_name,
                    ..template
                })
            });
        added.unwrap();
    }

    /// The name of the database's present history.
    pub fn epoch(&self) -> String {
        let epoch = self
            .database()
            .read::<_, StorageError>(Organisation::ONLY, |tx| tx.meta("epoch"));
        epoch.unwrap().unwrap()
    }

    /// What `audit verify` says of the database; it must find the chain whole.
    pub fn verify_audit(&self) -> String {
        let output = self.command().args(["audit", "verify"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        assert!(
            output.status.success(),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        said
    }
}

pub struct Process {
    pub address: String,
    /// From its start until it listened.
    pub took: Duration,
    child: Child,
}

impl Process {
    /// SIGKILL: it has no say in it.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already dead, or the test failed and its message counts.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
