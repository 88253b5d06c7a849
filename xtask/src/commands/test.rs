//! `cargo xtask test`: every check and test, in the order in which they fail fastest.
//!
//! One local command equals the continuous integration. Each step runs alone with `--only`; `--all` adds the long ones.

use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use crate::{
    commands::{attack, check, contract, fuzz, kill, mutate, simulate, torture},
    error::{Failure, Outcome},
    playwright::{self, Profile},
    step, system, tools, web,
    workspace::{self, WASM},
};

/// What to run.
#[derive(Debug, Args)]
pub struct Options {
    /// Run this step alone
    #[arg(long, value_enum)]
    only: Option<Step>,
    /// Run the long checks, too: simulate, mutate, kill, attack, contract, fuzz and torture (about an hour more)
    #[arg(long, conflicts_with = "only")]
    all: bool,
    /// In which browser the step `browser` runs
    #[arg(long, value_enum, default_value_t, requires = "only")]
    browser: Browser,
}

/// A browser that crates/browser is tested in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Browser {
    #[default]
    Chromium,
    Firefox,
}

/// A part of the checks that can run alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Formatting
    Format,
    /// Who imports whom
    Order,
    /// Licences, sources and duplicates of packages
    Packages,
    /// The bill of materials of what is shipped
    BillOfMaterials,
    /// Lints for this machine
    Lint,
    /// Lints for the browser
    LintWeb,
    /// Types of the end-to-end tests
    Types,
    /// Unit and integration tests on this machine
    Native,
    /// Tests of crates/browser in a headless browser
    Browser,
    /// The release build of app and worker
    Build,
    /// End-to-end tests: real server, real browser, real worker
    EndToEnd,
    /// Thousands of simulated worlds
    Simulate,
    /// Broken rules, each to be caught by a promise
    Mutate,
    /// A server that is killed again and again
    Kill,
    /// A hostile client against the real server
    Attack,
    /// Made-up requests, held against the API's description
    Contract,
    /// Foreign bytes at every border
    Fuzz,
    /// A browser, a server and a line that fail while somebody works
    Torture,
}

/// What a step left to tell: its test runners' closing lines.
type Summary = Vec<String>;

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Order => "order",
            Self::Packages => "packages",
            Self::BillOfMaterials => "bill-of-materials",
            Self::Lint => "lint",
            Self::LintWeb => "lint-web",
            Self::Types => "types",
            Self::Native => "native",
            Self::Browser => "browser",
            Self::Build => "build",
            Self::EndToEnd => "end-to-end",
            Self::Simulate => "simulate",
            Self::Mutate => "mutate",
            Self::Kill => "kill",
            Self::Attack => "attack",
            Self::Contract => "contract",
            Self::Fuzz => "fuzz",
            Self::Torture => "torture",
        }
    }

    /// Whether it takes too long for the continuous integration.
    fn is_long(self) -> bool {
        use Step::{Attack, Contract, Fuzz, Kill, Mutate, Simulate, Torture};
        matches!(
            self,
            Simulate | Mutate | Kill | Attack | Contract | Fuzz | Torture
        )
    }

    fn run(self, options: &Options) -> Outcome<Summary> {
        match self {
            Self::Format => check::format().map(|()| Summary::new()),
            Self::Order => check::order().map(|()| Summary::new()),
            Self::Packages => check::packages().map(|()| Summary::new()),
            Self::BillOfMaterials => check::bill_of_materials().map(|()| Summary::new()),
            Self::Lint => check::lint().map(|()| Summary::new()),
            Self::LintWeb => check::lint_web().map(|()| Summary::new()),
            Self::Types => check::types().map(|()| Summary::new()),
            Self::Native => native(),
            Self::Browser => browser(options.browser),
            Self::Build => tools::ensure()
                .and_then(|()| web::build_if_changed())
                .map(|()| Summary::new()),
            Self::EndToEnd => end_to_end(),
            Self::Simulate => as_by_default(simulate::execute),
            Self::Mutate => as_by_default(mutate::execute),
            Self::Kill => as_by_default(kill::execute),
            Self::Attack => as_by_default(attack::execute),
            Self::Contract => as_by_default(contract::execute),
            Self::Fuzz => as_by_default(fuzz::execute),
            Self::Torture => as_by_default(torture::execute),
        }
    }
}

/// Carries out a command as it does without options. It prints its own figures.
fn as_by_default<T: Args>(execute: fn(&T) -> Outcome) -> Outcome<Summary> {
    let command = T::augment_args(clap::Command::new("step"));
    let options =
        T::from_arg_matches(&command.get_matches_from(["step"])).unwrap_or_else(|error| error.exit());
    execute(&options).map(|()| Summary::new())
}

/// Runs the steps until one fails.
pub fn execute(options: &Options) -> Outcome {
    let started = Instant::now();
    let wanted = |step: &&Step| match options.only {
        Some(only) => **step == only,
        None => options.all || !step.is_long(),
    };
    let mut done = Vec::new();
    for step in Step::value_variants().iter().filter(wanted) {
        let begun = Instant::now();
        let summary = step.run(options).map_err(|source| Failure::Step {
            step: step.name(),
            source: Box::new(source),
        })?;
        done.push((step.name(), begun.elapsed(), summary));
    }
    report(&done, started.elapsed());
    Ok(())
}

fn native() -> Outcome<Summary> {
    step::timed("Testing on this machine", "5 min at first", || {
        step::run_tests(&mut workspace::cargo(&["test", "--workspace", "--locked"]))
    })
}

fn browser(browser: Browser) -> Outcome<Summary> {
    tools::ensure_wasm_target()?;
    tools::ensure_wasm_bindgen()?;
    let (name, variable, driver) = match browser {
        Browser::Chromium => ("Chromium", "CHROMEDRIVER", system::ensure_browser()?.driver),
        Browser::Firefox => {
            system::ensure_firefox()?;
            tools::ensure_geckodriver()?;
            ("Firefox", "GECKODRIVER", "geckodriver".into())
        }
    };
    let what = format!("Testing crates/browser in {name}");
    step::timed(&what, "3 min at first", || {
        let mut tests = workspace::cargo_web(&[
            "test",
            "--locked",
            "--package",
            "holdfast-browser",
            "--target",
            WASM,
        ]);
        tests
            .env(
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
                "wasm-bindgen-test-runner",
            )
            .env(variable, &driver)
            .env("WASM_BINDGEN_TEST_TIMEOUT", "300");
        step::run_tests(&mut tests)
    })
}

fn end_to_end() -> Outcome<Summary> {
    let mut tests = playwright::prepare(Profile::Debug)?;
    step::timed("Testing end to end in Chromium", "10 min", || {
        step::run_tests(&mut tests)
    })
}

fn report(done: &[(&str, Duration, Summary)], total: Duration) {
    println!("\nAll steps passed in {}:", step::readable(total));
    for (name, took, summary) in done {
        println!("\n{name}: {}", step::readable(*took));
        for line in summary {
            println!("  {line}");
        }
    }
}
