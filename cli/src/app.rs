//! The command line as a whole: parsed, the store opened, the subcommand run, its failure told.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind as UsageKind;
use clap::{ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand};
use gridwalk_core::{Error, ErrorKind, Phone};

use crate::commands::{activities, attendance, conflicts, edit, export, reports, roster, status, sync, visit};
use crate::failure::{Failure, Result};
use crate::host::Host;
use crate::screen::Screen;

/// 网格行：终端里的网格手机，离线可用 / gridwalk: a phone in a terminal, works offline
#[derive(Debug, Parser)]
#[command(name = "gridwalk", version, disable_help_subcommand = true, disable_help_flag = true, disable_version_flag = true)]
#[command(subcommand_required = true, arg_required_else_help = true, after_help = TOUR)]
struct App {
    /// 数据文件夹 / the store's folder [default: gridwalk/phone in your data folder]
    #[arg(long, value_name = "DIR", env = "GRIDWALK_STORE", hide_env_values = true, global = true, help_heading = GLOBAL)]
    store: Option<PathBuf>,

    /// 密钥文件，首次使用时生成 / the store's key, made at first use [default: <DIR>.key]
    #[arg(long, value_name = "FILE", env = "GRIDWALK_KEY_FILE", hide_env_values = true, global = true, help_heading = GLOBAL)]
    key_file: Option<PathBuf>,

    /// 以 JSON 输出 / answer in JSON; times are seconds since 1970 (UTC)
    #[arg(long, global = true, help_heading = GLOBAL)]
    json: bool,

    /// 显示帮助 / show this help
    #[arg(short, long, action = ArgAction::Help, global = true, help_heading = GLOBAL)]
    help: Option<bool>,

    /// 显示版本 / show the version
    #[arg(short = 'V', long, action = ArgAction::Version, help_heading = GLOBAL)]
    version: Option<bool>,

    #[command(subcommand)]
    command: Command,
}

const GLOBAL: &str = "通用选项 / Global options";

const TOUR: &str = "\
例 / A first walk:
  gridwalk enrol 'gridwalk://enrol?…'           入网 / join with the community's link
  gridwalk sync                                 同步 / send and receive
  gridwalk today                                今天走访谁 / whose door is due
  gridwalk visit 王秀英 --result 已见面         记录走访 / record a visit
  gridwalk status                               还有什么没发送 / what is unsent";

#[derive(Debug, Subcommand)]
enum Command {
    Enrol(sync::Enrol),
    Sync(sync::Sync),
    Status(status::Status),
    Today(roster::Today),
    Find(roster::Find),
    Near(roster::Near),
    Show(roster::Show),
    Visit(visit::Visit),
    Edit(edit::Edit),
    Report(reports::Report),
    Activities(activities::Activities),
    Claim(activities::Claim),
    SignIn(attendance::SignIn),
    SignOut(attendance::SignOut),
    Hours(attendance::Hours),
    Conflicts(conflicts::Conflicts),
    Resubmit(status::Resubmit),
    Export(export::Export),
    Rebuild(export::Rebuild),
}

/// Runs the program.
pub fn main() -> ExitCode {
    let app = match parse() {
        Ok(app) => app,
        Err(e) if e.use_stderr() => return refuse(&e),
        Err(e) => {
            // Help was asked for; if its reader is gone, so be it.
            drop(e.print());
            return ExitCode::SUCCESS;
        }
    };
    let screen = Screen::new(app.json);
    match run(app, &screen) {
        Ok(()) | Err(Failure::HungUp) => ExitCode::SUCCESS,
        Err(Failure::Said(trouble)) => {
            screen.trouble(&trouble);
            ExitCode::from(trouble.status())
        }
    }
}

fn run(app: App, screen: &Screen) -> Result {
    let host = Host::new(app.store, app.key_file)?;
    // Only these may make a store: a mistyped folder elsewhere would look like a phone that lost everything.
    let begins = matches!(app.command, Command::Enrol(_) | Command::Status(_));
    if !begins && !host.exists() {
        return Err(not_enrolled(format!("（{}）", host.store.display()), format!(" ({})", host.store.display())));
    }
    if let Command::Enrol(enrol) = &app.command {
        // A link that is not one makes no store either.
        enrol.invite()?;
    }
    let phone = host.open(screen)?;
    let anyway = begins || matches!(app.command, Command::Export(_) | Command::Rebuild(_));
    if !anyway && phone.hubs()?.is_empty() {
        return Err(not_enrolled(String::new(), String::new()));
    }
    dispatch(app.command, &phone, &host, screen)
}

fn dispatch(command: Command, phone: &Phone, host: &Host, screen: &Screen) -> Result {
    match command {
        Command::Enrol(c) => c.run(phone, screen),
        Command::Sync(c) => c.run(phone, screen),
        Command::Status(c) => c.run(phone, host, screen),
        Command::Today(c) => c.run(phone, screen),
        Command::Find(c) => c.run(phone, screen),
        Command::Near(c) => c.run(phone, screen),
        Command::Show(c) => c.run(phone, screen),
        Command::Visit(c) => c.run(phone, screen),
        Command::Edit(c) => c.run(phone, screen),
        Command::Report(c) => c.run(phone, screen),
        Command::Activities(c) => c.run(phone, screen),
        Command::Claim(c) => c.run(phone, screen),
        Command::SignIn(c) => c.run(phone, screen),
        Command::SignOut(c) => c.run(phone, screen),
        Command::Hours(c) => c.run(phone, screen),
        Command::Conflicts(c) => c.run(phone, screen),
        Command::Resubmit(c) => c.run(phone, screen),
        Command::Export(c) => c.run(phone, screen),
        Command::Rebuild(c) => c.run(phone, screen),
    }
}

fn not_enrolled(zh: String, en: String) -> Failure {
    Error::new(
        ErrorKind::Enrolment,
        format!("这台设备尚未入网，请先用入网链接入网：gridwalk enrol 链接{zh}"),
        format!("this device is not enrolled; enrol with a link from the community first: gridwalk enrol LINK{en}"),
    )
    .into()
}

fn parse() -> std::result::Result<App, clap::Error> {
    let mut command = in_two_languages(App::command(), true);
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    App::from_arg_matches(&matches).map_err(|e| e.format(&mut command))
}

/// Clap's own words of a help text, in both languages.
fn in_two_languages(command: clap::Command, root: bool) -> clap::Command {
    let command = command
        .help_template("{about-with-newline}\n用法 / Usage: {usage}\n\n{all-args}{after-help}\n")
        .subcommand_value_name("命令 / COMMAND")
        .subcommand_help_heading("命令 / Commands")
        .mut_subcommands(|c| in_two_languages(c, false));
    if root { command } else { command.mut_args(|arg| arg.help_heading("参数 / Arguments and options")) }
}

/// Tells that the command line is not one of ours.
fn refuse(e: &clap::Error) -> ExitCode {
    let json = std::env::args_os().any(|arg| arg == "--json");
    if e.kind() == UsageKind::DisplayHelpOnMissingArgumentOrSubcommand && !json {
        drop(e.print());
        return ExitCode::from(2);
    }
    let zh = match e.kind() {
        UsageKind::InvalidValue | UsageKind::ValueValidation => "参数的内容不正确",
        UsageKind::UnknownArgument => "没有这个选项",
        UsageKind::InvalidSubcommand => "没有这个命令",
        UsageKind::NoEquals | UsageKind::TooManyValues | UsageKind::TooFewValues | UsageKind::WrongNumberOfValues => "参数的个数不正确",
        UsageKind::ArgumentConflict => "这些选项不能同时使用",
        UsageKind::MissingRequiredArgument => "缺少必填的参数",
        UsageKind::MissingSubcommand | UsageKind::DisplayHelpOnMissingArgumentOrSubcommand => "请给出命令",
        UsageKind::InvalidUtf8 => "参数不是有效的 UTF-8",
        _ => "命令行不正确",
    };
    let text = match e.kind() {
        UsageKind::DisplayHelpOnMissingArgumentOrSubcommand => "name a command".to_owned(),
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
