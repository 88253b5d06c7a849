//! `cargo xtask run`: from a fresh clone to the demo in one command.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use clap::Args;

use crate::{
    error::{Failure, FileContext, Outcome},
    step, tools, web, workspace,
};

/// How to serve the demo.
#[derive(Debug, Args)]
pub struct Options {
    /// The port to serve on, on this machine only
    #[arg(long, default_value_t = 8080)]
    port: u16,

    /// Forget what was recorded in the demo so far and begin with fresh data
    #[arg(long)]
    fresh: bool,
}

/// How long a server may take from its start to its first answer, with seeding the demo.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Installs, builds, seeds and serves until it is interrupted.
pub fn execute(options: &Options) -> Outcome {
    let started = Instant::now();
    tools::ensure()?;
    web::build_if_changed()?;
    step::timed("Building the server", "3 min at first", || {
        step::run(&mut workspace::cargo(&[
            "build",
            "--release",
            "--locked",
            "--package",
            "holdfast-server",
        ]))
    })?;

    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    refuse_taken_port(address)?;
    let mut server = start(options, address)?;
    wait_for_answer(&mut server, address)?;
    greet(address, started.elapsed());

    let status = server.wait().at("wait for", "the server")?;
    // An interrupt from the keyboard reaches the server too, and is the ordinary end.
    if status.success() || status.code().is_none() {
        return Ok(());
    }
    Err(Failure::Command {
        command: "holdfast-server serve".to_owned(),
        status,
    })
}

fn start(options: &Options, address: SocketAddr) -> Outcome<Child> {
    let folder = workspace::target().join("demo");
    if options.fresh && folder.exists() {
        fs::remove_dir_all(&folder).at("remove", &folder)?;
    }
    fs::create_dir_all(&folder).at("create", &folder)?;
    let program = workspace::target().join("release").join("holdfast-server");
    Command::new(&program)
        .current_dir(workspace::root())
        .args(["serve", "--demo", "--listen", &address.to_string()])
        .args([
            "--database",
            &format!("sqlite:{}", folder.join("holdfast.db").display()),
        ])
        .arg("--web")
        .arg(workspace::dist())
        .spawn()
        .at("start", program)
}

fn refuse_taken_port(address: SocketAddr) -> Outcome {
    if TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_err() {
        return Ok(());
    }
    Err(Failure::Missing {
        what: format!("A free port: another program answers on {address}, so it"),
        remedy: "End that program, or choose another port: `cargo xtask run --port 8081`.".to_owned(),
    })
}

fn wait_for_answer(server: &mut Child, address: SocketAddr) -> Outcome {
    let deadline = Instant::now() + START_LIMIT;
    while Instant::now() < deadline {
        if let Some(status) = server.try_wait().at("wait for", "the server")? {
            return Err(Failure::Command {
                command: "holdfast-server serve".to_owned(),
                status,
            });
        }
        if TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(50));
    }
    // The answer that matters is that it never came; whether it could be ended changes nothing.
    let _ = server.kill();
    Err(Failure::NoAnswer {
        address: address.to_string(),
        seconds: START_LIMIT.as_secs(),
    })
}

fn greet(address: SocketAddr, took: Duration) {
    println!("\nHoldfast is ready after {}.", step::readable(took));
    println!("\n  http://{address}\n");
    println!("  technician   works on the orders assigned to them");
    println!("  supervisor   plans, assigns and settles conflicts");
    println!("  admin        sees the audit and restores what was superseded");
    println!("\n  The password of each is: demo\n  End with Ctrl-C.\n");
}
