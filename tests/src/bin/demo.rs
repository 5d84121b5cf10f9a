//! `cargo xtask demo`: the reference community's day on a hub and all its phones, one table, and the hub's first page.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a demo speaks to its terminal")]

use std::io::IsTerminal;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use gridwalk_tests::demo::{Folder, Options, Outcome, Result, default_path, run};
use gridwalk_tests::workload::Scene;

/// The port that is tried when none is named.
const PORT: u16 = 8765;

/// 网格行演示：示范社区的一天 / gridwalk's demo: a day of the reference community
#[derive(Debug, Parser)]
#[command(name = "cargo xtask demo")]
struct Arguments {
    /// 场景：standard 33 个网格，today 7 个网格，team 每个网格 4 人 / how the community is staffed
    #[arg(long, default_value_t = Scene::Standard)]
    scene: Scene,
    /// 只用两个网格，几秒完成 / two grids only, in seconds
    #[arg(long)]
    small: bool,
    /// 输出表格后结束；各副本全部一致时返回 0 / end after the table; status 0 only if all replicas were equal
    #[arg(long)]
    no_wait: bool,
    /// 首页端口；默认 8765，被占用则任选 / the first page's port; 8765, or any if that is taken
    #[arg(long)]
    port: Option<u16>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let threads = std::thread::available_parallelism().map_or(4, |n| n.get().max(4));
    let done = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    match done.map_err(Into::into).and_then(|runtime| runtime.block_on(demo(&arguments))) {
        Ok(code) => code,
        Err(e) => {
            eprintln!("演示没有完成：{e} / the demo did not finish");
            ExitCode::FAILURE
        }
    }
}

async fn demo(arguments: &Arguments) -> Result<ExitCode> {
    let folder = Folder::take(&default_path())?;
    let real = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/real");
    let listen = free(arguments.port);
    let options = Options { real: Some(real), listen, tell: true, ..Options::new(arguments.scene, arguments.small) };
    let outcome = run(&folder, &options).await?;
    println!("{}", outcome.table());
    if !outcome.differences.is_empty() {
        println!("\n副本不一致 / replicas differ:");
        for difference in &outcome.differences {
            println!("  {difference}");
        }
        return Ok(ExitCode::FAILURE);
    }
    println!("\n所有手机与服务器一致 / every phone and the hub hold the same state");
    println!("数据目录 / data: {}", folder.path().canonicalize().unwrap_or_else(|_| folder.path().to_owned()).display());
    if !arguments.no_wait {
        wait(&outcome).await;
    }
    drop(tokio::time::timeout(Duration::from_secs(2), outcome.hub.stop()).await);
    Ok(ExitCode::SUCCESS)
}

/// Where the hub is to listen.
fn free(port: Option<u16>) -> SocketAddr {
    let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
    match port {
        Some(port) => at(port),
        None if TcpListener::bind(at(PORT)).is_ok() => at(PORT),
        None => at(0),
    }
}

/// Keeps the hub running, with its clock, until the demo is ended.
async fn wait(outcome: &Outcome) {
    println!("网格行首页 / first page: {}/", outcome.hub.url());
    if std::io::stdout().is_terminal() {
        println!("按 Ctrl-C 结束 / Ctrl-C ends it");
    }
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let ended = gridwalk_hub::serve::terminated();
    tokio::pin!(ended);
    loop {
        tokio::select! {
            () = &mut ended => return,
            _ = second.tick() => outcome.hub.clock.advance(1),
        }
    }
}
