//! `gridwalk-hub ledger`: an office's ledgers (台账) under its own headings.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gridwalk_hub::export::{self, Only};
use gridwalk_hub::{HubError, Result, admin};

use super::OneTenant;

#[derive(Debug, Args)]
pub struct Ledger {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// 保存一本台账：哪些列、用什么表头 / save which columns under which headings
    Add(Add),
    /// 列出台账 / list the ledgers
    List(List),
    /// 导出一本台账，用途记入日志 / export one; its purpose is logged
    Export(Export),
}

#[derive(Debug, Args)]
struct Add {
    #[command(flatten)]
    at: OneTenant,
    /// 台账名称，如 独居老人台账 / its name
    name: String,
    /// 什么表：household 住户、residents 居民 … / a kind, or its entries
    list: String,
    /// 列，如 name=姓名、phone=手机号 / columns
    #[arg(required = true, value_name = "FIELD=HEADING")]
    columns: Vec<String>,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    at: OneTenant,
}

#[derive(Debug, Args)]
struct Export {
    #[command(flatten)]
    at: OneTenant,
    /// 台账名称 / its name
    name: String,
    /// 用途，记入日志，不写个人信息 / what it is for; logged, so name nobody
    #[arg(long)]
    purpose: String,
    /// 写到哪个文件（.xlsx，尚不存在） / the new workbook
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// 只要这样的行，可写多次 / only rows with this
    #[arg(long, value_name = "FIELD=VALUE")]
    only: Vec<Only>,
}

pub async fn run(a: Ledger) -> Result<()> {
    match a.act {
        Act::Add(a) => add(a).await,
        Act::List(a) => list(a).await,
        Act::Export(a) => export(a).await,
    }
}

async fn add(a: Add) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let column = |text: &String| {
        let (column, heading) = text.split_once('=').ok_or_else(|| HubError::usage("列应写成 项=表头", "write columns as FIELD=HEADING"))?;
        Ok((column.to_owned(), heading.to_owned()))
    };
    let columns = a.columns.iter().map(column).collect::<Result<_>>()?;
    let (hub, tenant) = a.at.open().await?;
    export::add_ledger(&hub, &tenant, &export::Ledger { name: a.name, list: a.list, columns }).await?;
    println!("已保存台账 / saved");
    hub.store.close().await;
    Ok(())
}

async fn list(a: List) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    for ledger in export::ledgers(&hub, &tenant).await? {
        let columns = ledger.columns.iter().map(|(column, heading)| format!("{column}={heading}")).collect::<Vec<_>>().join(" ");
        println!("{}\t{}\t{columns}", ledger.name, ledger.list);
    }
    hub.store.close().await;
    Ok(())
}

async fn export(a: Export) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    let rows = export::export_ledger(&hub, &tenant, &a.name, &a.purpose, &a.only, &a.to).await?;
    println!("已导出 {rows} 行到 {} / {rows} rows", a.to.display());
    hub.store.close().await;
    Ok(())
}
