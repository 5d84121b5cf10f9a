//! `cargo xtask bench`: the rows of the target table, each beside its yardstick in the same run.
#![expect(clippy::print_stdout, reason = "a bench speaks to its terminal")]

use std::process::ExitCode;

fn main() -> ExitCode {
    match gridwalk_tests::bench::run(std::env::args().skip(1).collect()) {
        Ok(lines) => {
            for line in lines {
                println!("{line}");
            }
            ExitCode::SUCCESS
        }
        Err(e) => {
            println!("{e}");
            ExitCode::FAILURE
        }
    }
}
