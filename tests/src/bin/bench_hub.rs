//! The bench's row of the hub, in a program of its own: with the allocator of `gridwalk-hub`, which phones do not have.
#![expect(clippy::print_stdout, reason = "the bench reads it")]

use std::path::Path;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "bench-hub-data".into());
    match gridwalk_tests::bench::hub_row(Path::new(&folder)) {
        Ok((value, yardstick)) => {
            println!("{value}\n{yardstick}");
            ExitCode::SUCCESS
        }
        Err(e) => {
            println!("{e}");
            ExitCode::FAILURE
        }
    }
}
