//! `cargo xtask contract`: holds the server's answers to the description that it serves, by schemathesis.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Stdio},
};

use clap::Args;

use crate::{
    error::{Failure, FileContext, Outcome},
    step, tools, workspace,
};

/// The demo's accounts: each sees and may do other things.
const PEOPLE: [&str; 3] = ["technician", "supervisor", "admin"];

/// What must be true of every answer. Requests are partly replaced by ones that fit what is there, so what schemathesis
/// knows of their validity says nothing.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,unsupported_method,ignored_auth";

/// How much to try.
#[derive(Debug, Args)]
pub struct Options {
    /// Requests made up for each operation and person, at most
    #[arg(long, default_value_t = 50)]
    examples: u32,

    /// What is made up
    #[arg(long, default_value_t = 1)]
    seed: u32,
}

/// Fails on an error of the server, a status that is not described, or a body of another shape.
pub fn execute(options: &Options) -> Outcome {
    let schemathesis = tools::ensure_schemathesis()?;
    step::timed("Building the server", "3 min at first", || {
        step::run(&mut workspace::cargo(&[
            "build",
            "--locked",
            "--package",
            "holdfast-server",
        ]))
    })?;
    PEOPLE.into_iter().try_for_each(|person| {
        let server = Server::start()?;
        let about = format!("{} s", options.examples * 2);
        step::timed(&format!("Asking as {person}"), &about, || {
            let mut run = workspace::command(&schemathesis.display().to_string());
            run.arg("run")
                .arg(format!("{}/api/v1/openapi.json", server.address));
            run.args([
                "--phases",
                "examples,coverage,fuzzing",
                "--continue-on-failure",
                "--checks",
                CHECKS,
            ]);
            run.args([
                "--max-examples",
                &options.examples.to_string(),
                "--seed",
                &options.seed.to_string(),
            ]);
            run.args(["--warnings", "off"]);
            // It keeps what it found where it runs.
            run.current_dir(folder());
            run.env("PYTHONPATH", workspace::root().join("tests").join("contract"))
                .env("PYTHONDONTWRITEBYTECODE", "1")
                .env("SCHEMATHESIS_HOOKS", "hooks");
            run.env("HOLDFAST_SERVER_URL", &server.address)
                .env("HOLDFAST_PERSON", person);
            step::run(run.env("HOLDFAST_SEED", options.seed.to_string()))
        })
    })
}

/// The server with the demo, on a free port and a fresh database, until dropped.
struct Server {
    address: String,
    process: Child,
}

impl Server {
    fn start() -> Outcome<Self> {
        let folder = fresh_folder()?;
        let program = workspace::target().join("debug").join("holdfast-server");
        let mut serve = workspace::command(&program.display().to_string());
        serve.current_dir(&folder).stdout(Stdio::piped());
        serve.args([
            "serve",
            "--demo",
            "--listen",
            "127.0.0.1:0",
            "--log",
            "warn",
            "--access-token-seconds",
            "3600",
        ]);
        let mut process = serve.spawn().at("start", &program)?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).at("hear", &program)?;
        }
        let address = line.trim().strip_prefix("Holdfast is at ").map(str::to_owned);
        let address = address.ok_or_else(|| Failure::Missing {
            what: "the server's address".to_owned(),
            remedy: "It did not start; its own message is above.".to_owned(),
        })?;
        Ok(Self { address, process })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, and nothing depends on it any more.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn folder() -> PathBuf {
    workspace::target().join("contract")
}

/// Empty but for an app to serve.
fn fresh_folder() -> Outcome<PathBuf> {
    let folder = folder();
    if folder.exists() {
        fs::remove_dir_all(&folder).at("remove", &folder)?;
    }
    let app = folder.join("dist");
    fs::create_dir_all(&app).at("create", &app)?;
    fs::write(app.join("index.html"), "<!doctype html>").at("write", &app)?;
    Ok(folder)
}
