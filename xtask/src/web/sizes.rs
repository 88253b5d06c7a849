//! What a first visit downloads, against the budgets.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{compress, files};
use crate::error::{FileContext, Outcome};

/// The first load of the app in all, brotli, in bytes.
const FIRST_LOAD_BUDGET: u64 = 350_000;

/// The worker's WebAssembly, brotli, in bytes.
const WORKER_BUDGET: u64 = 150_000;

/// Bytes as they are, and as they travel.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    raw: u64,
    sent: u64,
}

/// A line of the report: its label, and which files it sums up.
type Part = (&'static str, fn(&str) -> bool);

const PARTS: [Part; 6] = [
    ("app, WebAssembly", |name| is_app(name) && name.ends_with(".wasm")),
    ("app, scripts", |name| !is_worker(name) && name.ends_with(".js")),
    ("page", |name| {
        name.ends_with(".html") || name.ends_with(".webmanifest")
    }),
    ("styles", |name| name.ends_with(".css")),
    ("fonts", |name| name.ends_with(".woff2")),
    ("worker, script", |name| name == "sw.js"),
];

/// Prints the sizes.
pub fn report(folder: &Path) -> Outcome {
    println!("\n  {:<22}{:>12}{:>12}", "", "raw", "brotli");
    let mut first_load = Size::default();
    for (label, belongs) in PARTS {
        let size = sum(folder, belongs)?;
        print_line(label, size, None);
        if label != "worker, script" {
            first_load.raw += size.raw;
            first_load.sent += size.sent;
        }
    }
    let worker = sum(folder, |name| is_worker(name) && name.ends_with(".wasm"))?;
    print_line("worker, WebAssembly", worker, Some(WORKER_BUDGET));
    print_line("first load of the app", first_load, Some(FIRST_LOAD_BUDGET));
    Ok(())
}

fn is_worker(name: &str) -> bool {
    name.starts_with("holdfast-worker") || name == "sw.js"
}

fn is_app(name: &str) -> bool {
    name.starts_with("holdfast-") && !is_worker(name)
}

fn sum(folder: &Path, belongs: fn(&str) -> bool) -> Outcome<Size> {
    let mut total = Size::default();
    for file in files::below(folder)? {
        if belongs(&file.to_string_lossy()) {
            let size = size_of(&folder.join(file))?;
            total.raw += size.raw;
            total.sent += size.sent;
        }
    }
    Ok(total)
}

fn size_of(path: &PathBuf) -> Outcome<Size> {
    let raw = fs::metadata(path).at("measure", path)?.len();
    let sent = fs::metadata(compress::sibling(path, "br")).map_or(raw, |sibling| sibling.len());
    Ok(Size { raw, sent })
}

fn print_line(label: &str, size: Size, budget: Option<u64>) {
    let verdict = budget.map_or(String::new(), |budget| {
        let word = if size.sent <= budget { "within" } else { "OVER" };
        format!("   {word} the budget of {} KB", budget / 1000)
    });
    println!(
        "  {label:<22}{:>9.1} KB{:>9.1} KB{verdict}",
        kilobytes(size.raw),
        kilobytes(size.sent)
    );
}

fn kilobytes(bytes: u64) -> f64 {
    bytes as f64 / 1000.0
}
