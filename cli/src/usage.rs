//! Help and usage errors: clap's own words, Chinese first.

use std::process::ExitCode;

use clap::Command;
use clap::error::ErrorKind;

use crate::failure::Failure;
use crate::screen::Screen;

/// Clap's own words of a help text, in both languages; arguments before options, each in the order of its declaration.
pub fn in_two_languages(command: Command) -> Command {
    frame(command.mut_subcommands(subcommand))
}

fn subcommand(command: Command) -> Command {
    let mut order = 0;
    let command = command.mut_args(|arg| {
        order += 1;
        let heading = if arg.is_positional() { "参数 / Arguments" } else { "选项 / Options" };
        arg.help_heading(heading).display_order(order)
    });
    frame(command.mut_subcommands(subcommand))
}

fn frame(command: Command) -> Command {
    command
        .help_template("{about-with-newline}\n用法 / Usage: {usage}\n\n{all-args}{after-help}\n")
        .subcommand_value_name("命令 / COMMAND")
        .subcommand_help_heading("命令 / Commands")
}

/// Tells that the command line is not one of ours.
pub fn refuse(e: &clap::Error) -> ExitCode {
    let json = std::env::args_os().any(|arg| arg == "--json");
    if e.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand && !json {
        drop(e.print());
        return ExitCode::from(2);
    }
    let zh = match e.kind() {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => "参数的内容不正确",
        ErrorKind::UnknownArgument => "没有这个选项",
        ErrorKind::InvalidSubcommand => "没有这个命令",
        ErrorKind::NoEquals | ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => "参数的个数不正确",
        ErrorKind::ArgumentConflict => "这些选项不能同时使用",
        ErrorKind::MissingRequiredArgument => "缺少必填的参数",
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "请给出命令",
        ErrorKind::InvalidUtf8 => "参数不是有效的 UTF-8",
        _ => "命令行不正确",
    };
    let text = match e.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "name a command".to_owned(),
        _ => e.render().to_string(),
    };
    let text = text.trim_start_matches("error: ").trim_end();
    // Usage lines and tips are for people; a program reads the first paragraph.
    let en = if json { text.split("\n\n").next().unwrap_or(text) } else { text };
    if let Failure::Said(trouble) = Failure::usage(format!("{zh}，请用 --help 查看用法"), en) {
        Screen::new(json).trouble(&trouble);
    }
    ExitCode::from(2)
}
