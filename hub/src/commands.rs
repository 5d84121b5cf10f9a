//! The command line of `gridwalk-hub`. Printing happens here and nowhere else.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks to its terminal")]

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use gridwalk_core::clock::{HostClock, SystemClock};
use gridwalk_core::identity::SystemRandom;
use gridwalk_core::ids::{DeviceId, Id};
use gridwalk_core::rules::Role;
use gridwalk_hub::import::mapping::Mapping;
use gridwalk_hub::{Hub, HubError, Result, admin, import};
use indicatif::{ProgressBar, ProgressStyle};
use tracing_subscriber::EnvFilter;

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
    Init(Init),
    /// 启动服务 / serve phones and the first page
    Serve(Serve),
    /// 导入文件：xlsx、csv、jsonl / import files
    Import(Import),
    /// 生成入网链接 / print an enrolment link
    Invite(Invite),
    /// 列出设备 / list the devices
    Devices(Data),
    /// 停用设备 / revoke a device
    Revoke(Revoke),
    /// 结束一个人的角色（移交网格、离岗） / end a person's role
    EndRole(EndRole),
    /// 备份 / back up while the hub works
    Backup(Backup),
    /// 从备份恢复，开始新的纪元 / restore a backup; begins a new epoch
    Restore(Restore),
}

#[derive(Debug, Args)]
struct Data {
    /// 数据目录 / the data folder
    #[arg(long, env = "GRIDWALK_HUB_DATA")]
    data: PathBuf,
    /// 社区代号（只有一个社区时可省略） / the community, if there are several
    #[arg(long)]
    tenant: Option<String>,
}

#[derive(Debug, Args)]
struct Init {
    /// 数据目录 / the data folder
    #[arg(long, env = "GRIDWALK_HUB_DATA")]
    data: PathBuf,
    /// 社区代号：小写字母、数字、“-” / the community's id
    #[arg(long)]
    tenant: String,
    /// 社区名称 / what people call it
    #[arg(long)]
    name: String,
}

#[derive(Debug, Args)]
struct Serve {
    /// 数据目录 / the data folder
    #[arg(long, env = "GRIDWALK_HUB_DATA")]
    data: PathBuf,
    /// 监听地址 / where to listen
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// TLS 证书（PEM） / the certificate; without it a TLS proxy must stand in front
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// TLS 私钥（PEM） / its private key
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Import {
    #[command(flatten)]
    at: Data,
    /// 列名对照表（JSON） / a file that names the columns
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// 文件 / files
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
struct Invite {
    #[command(flatten)]
    at: Data,
    /// 手机能访问的服务器地址 / the hub's address as phones reach it
    #[arg(long, env = "GRIDWALK_HUB_ADDRESS")]
    address: String,
    /// 角色：grid_worker、member、cadre / the role
    #[arg(long)]
    role: Role,
    /// 网格名称（网格员） / the grid of a grid worker
    #[arg(long)]
    grid: Option<String>,
    /// 姓名（新建人员） / the name of a new person
    #[arg(long)]
    name: Option<String>,
    /// 已有人员的编号 / a person who is there already
    #[arg(long, conflicts_with = "name", allow_hyphen_values = true)]
    person: Option<Id>,
    /// 有效天数 / for how many days
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(i64).range(1..=90))]
    days: i64,
}

#[derive(Debug, Args)]
struct Revoke {
    /// 数据目录 / the data folder
    #[arg(long, env = "GRIDWALK_HUB_DATA")]
    data: PathBuf,
    /// 设备编号 / the device
    device: DeviceId,
}

#[derive(Debug, Args)]
struct EndRole {
    #[command(flatten)]
    at: Data,
    /// 人员编号（见 devices） / the person, as `devices` lists them
    #[arg(long, allow_hyphen_values = true)]
    person: Id,
    /// 角色：grid_worker、member、cadre / the role
    #[arg(long)]
    role: Role,
    /// 网格名称（网格员） / the grid of a grid worker
    #[arg(long, required_if_eq("role", "grid_worker"))]
    grid: Option<String>,
}

#[derive(Debug, Args)]
struct Backup {
    /// 数据目录 / the data folder
    #[arg(long, env = "GRIDWALK_HUB_DATA")]
    data: PathBuf,
    /// 备份文件 / the file to make
    #[arg(long)]
    to: PathBuf,
}

#[derive(Debug, Args)]
struct Restore {
    /// 数据目录 / the data folder
    #[arg(long, env = "GRIDWALK_HUB_DATA")]
    data: PathBuf,
    /// 备份文件 / the backup
    #[arg(long)]
    from: PathBuf,
}

/// Runs what the command line says.
pub async fn run(arguments: Arguments) -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    match execute(arguments.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}

async fn open(data: &std::path::Path) -> Result<Hub> {
    Hub::open(data, Arc::new(SystemClock), Arc::new(SystemRandom)).await
}

async fn execute(command: Command) -> Result<()> {
    match command {
        Command::Init(a) => {
            let _lock = admin::HubLock::shared(&a.data)?;
            let hub = open(&a.data).await?;
            let tenant = admin::create_tenant(&hub, &a.tenant, &a.name).await?;
            println!("已建立社区“{}” / made the community {}", tenant.name, tenant.id);
            let spare = a.data.join("keys").join(format!("{}-spare.key", tenant.id));
            println!("备用密钥：{}，请移到安全的地方保管 / keep the spare key in a safe place", spare.display());
            hub.store.close().await;
        }
        Command::Serve(a) => {
            let _lock = admin::HubLock::shared(&a.data)?;
            let hub = open(&a.data).await?;
            admin::repeat_revocations(&hub).await?;
            let tls = a.tls_cert.zip(a.tls_key);
            gridwalk_hub::serve::serve(hub, a.listen, tls, |address| println!("{address}"), gridwalk_hub::serve::terminated()).await?;
        }
        Command::Import(a) => return import_files(a).await,
        Command::Invite(a) => {
            let _lock = admin::HubLock::shared(&a.at.data)?;
            let hub = open(&a.at.data).await?;
            let tenant = admin::find_tenant(&hub, a.at.tenant.as_deref()).await?;
            let new = admin::NewInvite { address: a.address, role: a.role, grid: a.grid, name: a.name, person: a.person, valid_seconds: a.days * 86_400 };
            println!("{}", admin::invite(&hub, &tenant, &new).await?);
            hub.store.close().await;
        }
        Command::Devices(a) => {
            let hub = open(&a.data).await?;
            let tenant = admin::find_tenant(&hub, a.tenant.as_deref()).await?;
            println!("设备 device\t人员 person\t姓名 name\t状态 state");
            for d in admin::devices(&hub, &tenant).await? {
                println!("{}\t{}\t{}\t{}", d.device, d.person, d.name, if d.revoked_at.is_some() { "已停用 revoked" } else { "在用 active" });
            }
        }
        Command::Revoke(a) => {
            let _lock = admin::HubLock::shared(&a.data)?;
            admin::revoke(&open(&a.data).await?, a.device).await?;
            println!("已停用 {} / revoked", a.device);
        }
        Command::EndRole(a) => {
            let _lock = admin::HubLock::shared(&a.at.data)?;
            let hub = open(&a.at.data).await?;
            let tenant = admin::find_tenant(&hub, a.at.tenant.as_deref()).await?;
            admin::end_role(&hub, &tenant, a.person, a.role, a.grid.as_deref()).await?;
            println!("已结束 {} 的角色 {} / the role has ended", a.person, a.role);
        }
        Command::Backup(a) => {
            let _lock = admin::HubLock::shared(&a.data)?;
            admin::backup(&open(&a.data).await?, &a.to).await?;
            println!("已备份到 {} / backed up", a.to.display());
        }
        Command::Restore(a) => {
            admin::restore(&a.data, &a.from, SystemClock.read().wall).await?;
            println!("已恢复，手机下次同步会补齐备份之后的记录 / restored; phones send again what the backup lacks");
        }
    }
    Ok(())
}

async fn import_files(a: Import) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.data)?;
    let hub = open(&a.at.data).await?;
    let tenant = admin::find_tenant(&hub, a.at.tenant.as_deref()).await?;
    let mapping = match &a.mapping {
        Some(path) => Mapping::load(path).map_err(|e| HubError::Usage(e.to_string()))?,
        None => Mapping::default(),
    };
    let mut rejected = 0;
    for file in &a.files {
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        bar.set_style(ProgressStyle::with_template("{bar:32} {pos}/{len}").unwrap_or_else(|_| ProgressStyle::default_bar()));
        let done = import::import(&hub, &tenant, file, &mapping, |done, total| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        })
        .await?;
        bar.finish_and_clear();
        println!(
            "{}：新增 {}，已有 {}，有变化未改 {}，重复 {}，拒收 {} / added {}, known {}, changed and left {}, repeated {}, rejected {}",
            file.display(),
            done.added,
            done.known,
            done.changed,
            done.repeats,
            done.rejected,
            done.added,
            done.known,
            done.changed,
            done.repeats,
            done.rejected
        );
        if !done.skipped_sheets.is_empty() {
            println!("  没有可识别表头的工作表：{} / sheets without known headings", done.skipped_sheets.join("、"));
        }
        if let Some(rejects) = &done.rejects_file {
            println!("  拒收的行见 {} / rejected rows are named there", rejects.display());
        }
        rejected += done.rejected;
    }
    hub.store.close().await;
    if rejected > 0 {
        Err(HubError::usage(format!("{rejected} 行没有导入，其余已导入"), format!("{rejected} rows were not imported, all others were")))
    } else {
        Ok(())
    }
}
