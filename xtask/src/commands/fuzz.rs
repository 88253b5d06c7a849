//! `cargo xtask fuzz`: libFuzzer at every border that foreign bytes cross. The properties stand in `fuzz/`.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use clap::Args;

use crate::{
    error::{Failure, FileContext, Outcome},
    step, tools, workspace,
};

const TARGETS: [&str; 7] = ["packs", "protocol", "merge", "import", "push", "text", "values"];

/// The count in libFuzzer's closing lines.
const EXECUTIONS: &str = "stat::number_of_executed_units:";

/// Lines of a failing run that are shown: the panic, and where the bytes were kept.
const SHOWN: usize = 40;

/// How long, and what.
#[derive(Debug, Args)]
pub struct Options {
    /// For how many seconds each border is tried
    #[arg(long, default_value_t = 60)]
    seconds: u32,

    /// Only this one: packs, protocol, merge, import, push, text or values
    #[arg(long)]
    only: Option<String>,
}

/// Fails on the first bytes that break a property, and keeps them.
pub fn execute(options: &Options) -> Outcome {
    tools::ensure_cargo_fuzz()?;
    step::timed("Building the fuzz targets", "5 min at first", || {
        step::run(&mut build())
    })?;
    let wanted = |target: &&str| options.only.as_deref().is_none_or(|only| only == *target);
    let mut told = Vec::new();
    for target in TARGETS.into_iter().filter(wanted) {
        let about = format!("{} s", options.seconds);
        let executions = step::timed(&format!("Fuzzing: {target}"), &about, || {
            run(target, options.seconds)
        })?;
        told.push((target, executions));
    }
    println!();
    for (target, executions) in told {
        println!("{target:10} {executions:>12} executions");
    }
    Ok(())
}

/// Without a sanitizer, which needs an unstable compiler: this code has nothing unsafe for one to find.
fn build() -> Command {
    let mut build = workspace::cargo(&["fuzz", "build", "--fuzz-dir", "fuzz", "--sanitizer", "none"]);
    build
        .args(["--features", "libfuzzer"])
        .env("CARGO_TARGET_DIR", folder());
    build
}

fn folder() -> PathBuf {
    workspace::target().join("fuzz")
}

/// Answers how often the property was tried. Runs the program itself: cargo would look for changes before each.
fn run(target: &str, seconds: u32) -> Outcome<u64> {
    let (corpus, findings) = (
        folder().join("corpus").join(target),
        folder().join("findings").join(target),
    );
    for folder in [&corpus, &findings] {
        fs::create_dir_all(folder).at("create", folder)?;
    }
    let program = folder().join(tools::host()?).join("release").join(target);
    let mut fuzz = Command::new(&program);
    fuzz.arg(corpus)
        .arg(workspace::root().join("fuzz").join("corpus").join(target));
    fuzz.args(["-print_final_stats=1", "-max_len=2048"])
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", findings.display()));
    let output = fuzz.stdin(Stdio::null()).output().at("start", &program)?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let lines: Vec<&str> = said.lines().collect();
        println!("{}", lines[lines.len().saturating_sub(SHOWN)..].join("\n"));
        return Err(Failure::Command {
            command: format!("the fuzz target {target}"),
            status: output.status,
        });
    }
    let counted = said.lines().find_map(|line| line.strip_prefix(EXECUTIONS));
    Ok(counted
        .and_then(|count| count.trim().parse().ok())
        .unwrap_or_default())
}
