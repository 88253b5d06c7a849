//! Running other programs, timed and told.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use crate::error::{Failure, Outcome};

/// Says what happens now and about how long it takes, does it, and says how long it took.
pub fn timed<T>(what: &str, about: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    println!("\n▸ {what} (about {about})");
    let started = Instant::now();
    let result = work();
    let mark = if result.is_ok() { "✓" } else { "✗" };
    println!("{mark} {what}: {}", readable(started.elapsed()));
    result
}

/// Runs a program to its end, its output going to the terminal.
pub fn run(command: &mut Command) -> Outcome {
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|source| not_started(command, source))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::Command {
            command: line(command),
            status,
        })
    }
}

/// Runs a test program to its end. Its output goes to the terminal, and the lines in which it sums up come back.
pub fn run_tests(command: &mut Command) -> Outcome<Vec<String>> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|source| not_started(command, source))?;
    let mut summaries = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            println!("{line}");
            if is_summary(&line) {
                summaries.push(line.trim().to_owned());
            }
        }
    }
    let status = child.wait().map_err(|source| not_started(command, source))?;
    if status.success() {
        Ok(summaries)
    } else {
        Err(Failure::Command {
            command: line(command),
            status,
        })
    }
}

/// What a program prints on its standard output, whether it succeeds or not; `None` when it cannot be started.
pub fn output(command: &mut Command) -> Option<Output> {
    command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()
}

/// A duration as a person says it: `350 ms`, `4.2 s`, `3 min 05 s`.
pub fn readable(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..=59 => format!("{:.1} s", duration.as_secs_f64()),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// The closing lines of cargo's and of Playwright's test runner.
fn is_summary(line: &str) -> bool {
    let line = line.trim();
    let counted = |word: &str| {
        line.split_once(word)
            .is_some_and(|(count, _)| count.parse::<u32>().is_ok())
    };
    line.starts_with("test result:") || counted(" passed") || counted(" failed") || counted(" flaky")
}

fn not_started(command: &Command, source: std::io::Error) -> Failure {
    let program = command.get_program().to_string_lossy().into_owned();
    let hint = match program.as_str() {
        "npm" | "npx" | "node" => "Install Node.js 20 or newer with npm, then try again.",
        "rustup" | "cargo" => "Install Rust with rustup (https://rustup.rs), then try again.",
        _ => "Is it installed and on the PATH?",
    };
    Failure::Start {
        program,
        source,
        hint,
    }
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_a_person_says_them() {
        assert_eq!(readable(Duration::from_millis(350)), "350 ms");
        assert_eq!(readable(Duration::from_millis(4_200)), "4.2 s");
        assert_eq!(readable(Duration::from_secs(185)), "3 min 05 s");
    }

    #[test]
    fn only_closing_lines_are_summaries() {
        for closing in [
            "test result: ok. 3 passed; 0 failed",
            "  12 passed (30.1s)",
            "  1 failed",
        ] {
            assert!(is_summary(closing), "{closing}");
        }
        for other in ["test merge ... ok", "it passed", "running 3 tests"] {
            assert!(!is_summary(other), "{other}");
        }
    }

    #[test]
    fn a_failing_program_is_a_failure_that_names_it() {
        let failure = run(&mut Command::new("false")).unwrap_err();
        assert!(failure.to_string().starts_with("`false` ended with"), "{failure}");
    }
}
