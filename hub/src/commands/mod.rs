//! The command line of `gridwalk-hub`: a file a command. Printing happens here and nowhere else.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks to its terminal")]

mod approve;
mod audit;
mod backup;
mod calendar;
mod change_key;
mod devices;
mod end_role;
mod erase;
mod export;
mod field;
mod grid;
mod import;
mod init;
mod invite;
mod ledger;
mod log;
mod new_epoch;
mod numbers;
mod photos;
mod restore;
mod retention;
mod revoke;
mod serve;
mod show;
mod use_spare;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use gridwalk_core::clock::SystemClock;
use gridwalk_core::identity::SystemRandom;
use gridwalk_hub::photo_store::PhotoStore;
use gridwalk_hub::{Hub, Result, Tenant, admin};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// 网格行服务器 / the hub of gridwalk
#[derive(Debug, Parser)]
#[command(name = "gridwalk-hub", version, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 新建社区 / make a community
    Init(init::Init),
    /// 启动服务 / serve phones and the first page
    Serve(serve::Serve),
    /// 导入文件：xlsx、csv、jsonl / import files
    Import(import::Import),
    /// 导出表格：住户、居民、走访，改后可导回 / export a list as a workbook; import brings edits back
    Export(export::Export),
    /// 台账：保存列和表头，按用途导出 / an office's ledgers
    Ledger(ledger::Ledger),
    /// 社区自设项目：增设、列出、停用 / the community's own fields
    Field(field::Field),
    /// 生成入网链接 / print an enrolment link
    Invite(invite::Invite),
    /// 列出设备 / list the devices
    Devices(devices::Devices),
    /// 停用设备 / revoke a device
    Revoke(revoke::Revoke),
    /// 结束一个人的角色（移交网格、离岗） / end a person's role
    EndRole(end_role::EndRole),
    /// 网格的拆分、合并、移交、替班 / split, merge, hand over grids; stand-ins
    Grid(grid::Grid),
    /// 谁写了什么：逐项查作者并核对签名 / who wrote each fact of a document, checked against signatures
    Audit(audit::Audit),
    /// 删除居民或资料（删除权），不能恢复 / erase a resident or a document, for good
    Erase(erase::Erase),
    /// 按保存期限清理到期的走访和上报 / drop what was kept long enough
    Retention(retention::Retention),
    /// 工作日历：放假和调休安排，期限到哪天 / working days: public holidays, and when a clock ends
    Calendar(calendar::Calendar),
    /// 证明编号：有效的和作废的 / the numbers of papers, void ones too
    Numbers(numbers::Numbers),
    /// 查看、核对操作日志 / show and check the log of administrative acts
    Log(log::Log),
    /// 查看一份资料（记入日志） / show one document, logged
    Show(show::Show),
    /// 批准查看未成年人的资料（记入日志） / approve that a minor's document is read, logged
    Approve(approve::Approve),
    /// 列出缺少的照片文件 / list which files of photos are missing
    Photos(photos::Photos),
    /// 更换社区密钥，手机不必重新入网 / change the community's key; phones follow by themselves
    ChangeKey(change_key::ChangeKey),
    /// 密钥丢失或被盗时换用备用密钥 / bring the spare key into use
    UseSpare(use_spare::UseSpare),
    /// 备份 / back up while the hub works
    Backup(backup::Backup),
    /// 从备份恢复，开始新的纪元 / restore a backup; begins a new epoch
    Restore(restore::Restore),
    /// 数据库以其他方式恢复之后：开始新的纪元 / begin a new epoch after the database was put back by other means
    NewEpoch(new_epoch::NewEpoch),
}

/// Where the data is.
#[derive(Args)]
struct Data {
    /// 数据目录 / the data folder
    #[arg(long, env = "GRIDWALK_HUB_DATA")]
    data: PathBuf,
    /// PostgreSQL 数据库地址（不写则用数据目录中的 SQLite） / postgres://user@host/name; without it SQLite in the data folder
    #[arg(long, env = "GRIDWALK_HUB_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// 照片存放位置：文件夹，或 s3://桶/前缀（地址与密钥取自 AWS_… 环境变量） / where photos lie: a folder, or s3://bucket/prefix [default: photos in the data folder]
    #[arg(long, env = "GRIDWALK_HUB_PHOTOS", value_name = "PLACE")]
    photos: Option<String>,
}

/// The address of a database may hold a password.
impl std::fmt::Debug for Data {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Data").field("data", &self.data).finish_non_exhaustive()
    }
}

impl Data {
    /// Opens the hub.
    async fn open(&self) -> Result<Hub> {
        let hub = Hub::open_on(&self.data, self.database.as_deref(), Arc::new(SystemClock), Arc::new(SystemRandom)).await?;
        match &self.photos {
            Some(place) => Ok(hub.with_photos(PhotoStore::open(place)?)),
            None => Ok(hub),
        }
    }
}

/// Where the data is, and which community is meant.
#[derive(Debug, Args)]
struct OneTenant {
    #[command(flatten)]
    place: Data,
    /// 社区代号（只有一个社区时可省略） / the community, if there are several
    #[arg(long)]
    tenant: Option<String>,
}

impl OneTenant {
    /// Opens the hub and finds the community.
    async fn open(&self) -> Result<(Hub, Tenant)> {
        let hub = self.place.open().await?;
        let tenant = admin::find_tenant(&hub, self.tenant.as_deref()).await?;
        Ok((hub, tenant))
    }
}

/// A moment for people: China's time, to the second.
fn time(at: i64) -> String {
    let stamp = jiff::Timestamp::from_second(at).map(|t| jiff::tz::Offset::constant(8).to_datetime(t));
    stamp.map(|t| t.strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

/// Says where a new spare key was written.
fn say_spare(path: &Path) {
    println!("备用密钥：{}，请移到安全的地方保管 / keep the spare key in a safe place", path.display());
}

/// Has the hub say what it does: a serving hub logs to standard error, a command to a person says only what they should know, as a
/// line of its own. Both log as `RUST_LOG` says, if it does.
fn begin_logging(serves: bool) {
    let asked = EnvFilter::try_from_default_env().ok();
    if asked.is_none() && !serves {
        tracing_subscriber::registry().with(Notes).init();
        return;
    }
    let filter = asked.unwrap_or_else(|| EnvFilter::new("info,sqlx=warn"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
}

/// Warnings of the hub's own as lines for whoever runs a command.
struct Notes;

impl<S: Subscriber> Layer<S> for Notes {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() <= Level::WARN && event.metadata().target().starts_with("gridwalk") {
            let mut said = Said::default();
            event.record(&mut said);
            eprintln!("注意 / note: {}", said.0);
        }
    }
}

/// The words of an event.
#[derive(Default)]
struct Said(String);

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        match field.name() {
            "message" => self.0.insert_str(0, &format!("{value:?}")),
            name => self.0 += &format!(" ({name}: {value:?})"),
        }
    }
}

/// Runs what the command line says.
pub async fn run(arguments: Arguments) -> ExitCode {
    begin_logging(matches!(arguments.command, Command::Serve(_)));
    match execute(arguments.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}

async fn execute(command: Command) -> Result<()> {
    match command {
        Command::Init(a) => init::run(a).await,
        Command::Serve(a) => serve::run(a).await,
        Command::Import(a) => import::run(a).await,
        Command::Export(a) => export::run(a).await,
        Command::Ledger(a) => ledger::run(a).await,
        Command::Field(a) => field::run(a).await,
        Command::Invite(a) => invite::run(a).await,
        Command::Devices(a) => devices::run(a).await,
        Command::Revoke(a) => revoke::run(a).await,
        Command::EndRole(a) => end_role::run(a).await,
        Command::Grid(a) => grid::run(a).await,
        Command::Audit(a) => audit::run(a).await,
        Command::Erase(a) => erase::run(a).await,
        Command::Retention(a) => retention::run(a).await,
        Command::Calendar(a) => calendar::run(a).await,
        Command::Numbers(a) => numbers::run(a).await,
        Command::Log(a) => log::run(a).await,
        Command::Show(a) => show::run(a).await,
        Command::Approve(a) => approve::run(a).await,
        Command::Photos(a) => photos::run(a).await,
        Command::ChangeKey(a) => change_key::run(a).await,
        Command::UseSpare(a) => use_spare::run(a).await,
        Command::Backup(a) => backup::run(a).await,
        Command::Restore(a) => restore::run(a).await,
        Command::NewEpoch(a) => new_epoch::run(a).await,
    }
}
