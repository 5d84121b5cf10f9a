//! The command line as a whole: parsed, the store opened, the subcommand run, its failure told.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand};
use gridwalk_core::{Error, ErrorKind, Phone};

use crate::commands::{
    activities, attendance, carry, cases, circles, confirm, conflicts, demands, drafts, export, goods, log_out, mediations, papers, persons, photo, places,
    quarantine, records, reports, roster, settings, shred, status, sync, unsent, visit, workbook,
};
use crate::failure::{Failure, Result};
use crate::host::Host;
use crate::screen::Screen;
use crate::usage::{in_two_languages, refuse};
use crate::values::not_an_option;

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

    /// 加入了多个社区时，用哪一个；以后沿用 / which community, where the phone is in several; kept for later
    #[arg(long, value_name = "COMMUNITY", global = true, help_heading = GLOBAL)]
    tenant: Option<String>,

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
    List(records::List),
    Add(records::Add),
    Edit(records::Edit),
    Confirm(confirm::Confirm),
    Actions(records::Actions),
    Report(reports::Report),
    Demand(demands::Demand),
    Step(cases::Step),
    Clocks(cases::Clocks),
    Photo(photo::Photo),
    Circle(circles::Circle),
    Mediation(mediations::Mediation),
    Place(places::Place),
    Me(persons::Me),
    Persons(persons::Persons),
    Categories(persons::Categories),
    Activities(activities::Activities),
    Claim(activities::Claim),
    Claims(activities::Claims),
    Goods(goods::Goods),
    Paper(papers::Paper),
    SignIn(attendance::SignIn),
    SignOut(attendance::SignOut),
    Hours(attendance::Hours),
    Conflicts(conflicts::Conflicts),
    Settings(settings::Settings),
    Unsent(unsent::Unsent),
    TakeBack(unsent::TakeBack),
    Draft(drafts::Draft),
    Resubmit(status::Resubmit),
    GiveUp(status::GiveUp),
    Quarantine(quarantine::Quarantine),
    Carry(carry::Carry),
    Import(workbook::Import),
    Export(export::Export),
    Rebuild(export::Rebuild),
    LogOut(log_out::LogOut),
    Shred(shred::Shred),
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
    // Whatever state the store is in.
    if let Command::Shred(shred) = app.command {
        return shred.run(&host, screen);
    }
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
    if let Some(tenant) = &app.tenant {
        phone.choose(tenant)?;
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
        Command::List(c) => c.run(phone, screen),
        Command::Add(c) => c.run(phone, screen),
        Command::Edit(c) => c.run(phone, screen),
        Command::Confirm(c) => c.run(phone, screen),
        Command::Actions(c) => c.run(phone, screen),
        Command::Report(c) => c.run(phone, screen),
        Command::Demand(c) => c.run(phone, screen),
        Command::Step(c) => c.run(phone, screen),
        Command::Clocks(c) => c.run(phone, screen),
        Command::Photo(c) => c.run(phone, screen),
        Command::Circle(c) => c.run(phone, screen),
        Command::Mediation(c) => c.run(phone, screen),
        Command::Place(c) => c.run(phone, screen),
        Command::Me(c) => c.run(phone, screen),
        Command::Persons(c) => c.run(phone, screen),
        Command::Categories(c) => c.run(phone, screen),
        Command::Activities(c) => c.run(phone, screen),
        Command::Claim(c) => c.run(phone, screen),
        Command::Claims(c) => c.run(phone, screen),
        Command::Goods(c) => c.run(phone, screen),
        Command::Paper(c) => c.run(phone, screen),
        Command::SignIn(c) => c.run(phone, screen),
        Command::SignOut(c) => c.run(phone, screen),
        Command::Hours(c) => c.run(phone, screen),
        Command::Conflicts(c) => c.run(phone, screen),
        Command::Settings(c) => c.run(phone, screen),
        Command::Unsent(c) => c.run(phone, screen),
        Command::TakeBack(c) => c.run(phone, screen),
        Command::Draft(c) => c.run(phone, screen),
        Command::Resubmit(c) => c.run(phone, screen),
        Command::GiveUp(c) => c.run(phone, screen),
        Command::Quarantine(c) => c.run(phone, screen),
        Command::Carry(c) => c.run(phone, screen),
        Command::Import(c) => c.run(phone, screen),
        Command::Export(c) => c.run(phone, screen),
        Command::Rebuild(c) => c.run(phone, screen),
        Command::LogOut(c) => c.run(phone, host, screen),
        Command::Shred(c) => c.run(host, screen),
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
    let mut command = in_two_languages(App::command());
    let matches = command.try_get_matches_from_mut(std::env::args_os().map(not_an_option))?;
    App::from_arg_matches(&matches).map_err(|e| e.format(&mut command))
}
