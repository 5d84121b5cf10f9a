//! `cargo xtask fuzz`: every target of `fuzz/` for some seconds under libFuzzer.

use std::fs;
use std::process::Command;

use crate::{Done, built, root, step, tested};

/// Runs all targets, or the one that is named, for `--seconds` each.
pub fn run(arguments: &[String]) -> Done {
    let mut seconds = "60";
    let mut only = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--seconds" => seconds = rest.next().ok_or(2)?,
            name => only.push(name),
        }
    }
    if !Command::new("cargo").args(["fuzz", "--version"]).output().is_ok_and(|o| o.status.success()) {
        step(Command::new("cargo").args(["install", "cargo-fuzz", "--locked"]))?;
    }
    built("fuzz_seeds", &[])?;
    let mut names: Vec<String> = fs::read_dir(root().join("fuzz/fuzz_targets"))
        .map_err(|_| 1)?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".rs").map(str::to_owned))
        .filter(|name| only.is_empty() || only.contains(&name.as_str()))
        .collect();
    names.sort();
    for name in names {
        let mut fuzz = tested();
        // Counters without a sanitizer: the code is safe Rust, and stable can do that.
        fuzz.current_dir(root().join("fuzz")).env_remove("CARGO_TARGET_DIR").env("RUSTC_BOOTSTRAP", "1");
        fuzz.args(["fuzz", "run", "--sanitizer", "none", "--fuzz-dir", ".", &name, "--"]);
        step(fuzz.args([format!("-max_total_time={seconds}").as_str(), "-max_len=65536", "-timeout=10", "-rss_limit_mb=2048"]))?;
    }
    Ok(())
}
