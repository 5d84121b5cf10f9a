//! `gridwalk-hub`: the hub of a county's or city's communities.

mod commands;

use std::process::ExitCode;

use clap::Parser;

/// Documents are made on one thread and let go on another, which the C library's allocator does badly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    commands::run(commands::Arguments::parse()).await
}
