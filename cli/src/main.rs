//! A phone in a terminal (终端里的网格手机): a client over the same public core interface that Android and iOS call.
//!
//! A newcomer, a test and a support engineer use the core with it without a phone. Nothing is decided here: a command line
//! becomes one call of [`gridwalk_core::Phone`], its answer a table, or JSON with `--json`.

mod app; // the command line as a whole: parse, open, dispatch, exit status
mod commands; // the subcommands, a file a group
mod failure; // what goes wrong, in two languages
mod host; // what a phone's system gives: where the store lies, its key
mod screen; // everything that is printed
mod usage; // help and usage errors in two languages
mod values; // what people type: positions, tags, fields
mod words; // what people read: Chinese words for codes, China time

fn main() -> std::process::ExitCode {
    app::main()
}
