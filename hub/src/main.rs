//! `gridwalk-hub`: the hub of a county's or city's communities.

mod commands;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    commands::run(commands::Arguments::parse()).await
}
