//! `gridwalk-hub invite`: an enrolment link.

use std::path::PathBuf;

use clap::Args;
use gridwalk_core::ids::Id;
use gridwalk_core::rules::Role;
use gridwalk_hub::admin::qr;
use gridwalk_hub::{Result, admin, files};

use super::OneTenant;

#[derive(Debug, Args)]
pub struct Invite {
    #[command(flatten)]
    at: OneTenant,
    /// 手机能访问的服务器地址 / the hub's address as phones reach it
    #[arg(long, env = "GRIDWALK_HUB_ADDRESS")]
    address: String,
    /// 角色，如 grid_worker、member、cadre、street_dispatcher（见 docs/rules.md） / the role
    #[arg(long)]
    role: Role,
    /// 网格名称（网格员、网格指导员、微网格长） / the grid of a role over one, or over a micro-grid of it
    #[arg(long)]
    grid: Option<String>,
    /// 该网格中的微网格名称（微网格长、楼道长） / the micro-grid in that grid, of a role over one
    #[arg(long, requires = "grid")]
    micro_grid: Option<String>,
    /// 单位编号（接哨部门、驻区单位等） / the unit of a role over one
    #[arg(long, allow_hyphen_values = true)]
    unit: Option<Id>,
    /// 姓名（新建人员） / the name of a new person
    #[arg(long)]
    name: Option<String>,
    /// 已有人员的编号 / a person who is there already
    #[arg(long, conflicts_with = "name", allow_hyphen_values = true)]
    person: Option<Id>,
    /// 有效天数 / for how many days
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(i64).range(1..=90))]
    days: i64,
    /// 同时显示二维码 / print the link as a QR code too
    #[arg(long)]
    qr: bool,
    /// 把二维码存为图片（.png 或 .svg） / write the QR code as an image
    #[arg(long, value_name = "FILE", value_parser = image)]
    qr_image: Option<PathBuf>,
}

/// A file name that says which kind of image it is.
fn image(text: &str) -> std::result::Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension().and_then(|e| e.to_str()) {
        Some("png" | "svg") => Ok(path),
        _ => Err("文件名须以 .png 或 .svg 结尾 / the name must end in .png or .svg".to_owned()),
    }
}

pub async fn run(a: Invite) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    let new = admin::NewInvite {
        address: a.address,
        role: a.role,
        grid: a.grid,
        micro_grid: a.micro_grid,
        unit: a.unit,
        name: a.name,
        person: a.person,
        valid_seconds: a.days * 86_400,
    };
    let link = admin::invite(&hub, &tenant, &new).await?.to_string();
    println!("{link}");
    if a.qr {
        println!("{}", qr::terminal(&link)?);
    }
    if let Some(path) = &a.qr_image {
        let image = if path.extension().is_some_and(|e| e == "svg") { qr::svg(&link)?.into_bytes() } else { qr::png(&link)? };
        // Whoever has the picture can enrol.
        files::write_private(path, &image)?;
        println!("二维码：{}，用后请删除 / the QR code; delete it after use", path.display());
    }
    hub.store.close().await;
    Ok(())
}
