//! `gridwalk-hub audit`: who wrote each fact of a document, and whether that is proven.

use clap::Args;
use gridwalk_core::ids::Id;
use gridwalk_hub::admin::{Audited, Proof, audit};
use gridwalk_hub::{HubError, Result, admin};

use super::{OneTenant, time};

#[derive(Debug, Args)]
pub struct Audit {
    #[command(flatten)]
    at: OneTenant,
    /// 文档编号 / the document
    #[arg(long, allow_hyphen_values = true)]
    document: Id,
    /// 只看这一项及其下级（如 residents/编号/phone） / only this place of the document and what is below it
    #[arg(long, allow_hyphen_values = true)]
    path: Option<String>,
    /// 输出 JSON / print JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(a: Audit) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    let audit = audit(&hub, &tenant, a.document, a.path.as_deref()).await?;
    if a.json {
        println!("{}", serde_json::to_string(&audit).map_err(|e| HubError::Usage(e.to_string()))?);
    } else {
        println!("{} {}", audit.kind, audit.document);
        audit.facts.iter().for_each(show);
    }
    let open = audit.facts.iter().filter(|f| !f.proof.holds()).count();
    if open > 0 {
        return Err(HubError::usage(format!("{open} 项不能证明"), format!("{open} facts are not proven")));
    }
    Ok(())
}

fn show(f: &Audited) {
    let rival = if f.shown { "" } else { "（同时填写 / set at the same time）" };
    println!("\n{} = {}{rival}", f.path, f.value);
    println!("  人员 by       {} {}", f.by_name, f.by);
    println!("  填写 written  {}", time(f.at));
    println!("  收到 taken    {}", f.taken_at.map_or("-".into(), time));
    println!("  设备 device   {}", f.device.as_deref().unwrap_or("-"));
    println!("  操作 command  {}", f.command.map_or("-".into(), |c| c.to_string()));
    println!("  改动 change   {}", f.change);
    println!("  证明 proof    {}", words(f.proof));
    if let Some(v) = &f.vouched {
        println!("  担保 vouched  {} {}：{}", time(v.at), v.by, v.reason);
    }
}

fn words(proof: Proof) -> &'static str {
    match proof {
        Proof::Proven => "签名有效 / proven by the device's signature",
        Proof::ByHub => "服务器写入，签名有效 / written and signed by the hub itself",
        Proof::NoActor => "不能证明：不是任何设备所写 / not proven: made by no device",
        Proof::UnknownDevice => "不能证明：设备未入网 / not proven: no such device was enrolled",
        Proof::WrongKey => "不能证明：设备公钥被改动 / not proven: the stored key is not the device's",
        Proof::NoStatement => "不能证明：没有包含此改动的签名 / not proven: no signed statement names the change",
        Proof::WrongSignature => "不能证明：签名无效 / not proven: the statement's signature is wrong",
        Proof::OtherPerson => "不能证明：签名属于他人的设备 / not proven: signed by another person's device",
    }
}
