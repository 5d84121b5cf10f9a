//! `gridwalk-hub erase`: a person's right that what is held of them goes.

use std::collections::BTreeMap;

use clap::Args;
use gridwalk_core::ids::Id;
use gridwalk_hub::admin::{Found, Plan, Target};
use gridwalk_hub::{Hub, HubError, Result, admin};

use super::OneTenant;

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["resident", "document", "history", "containing", "replaced"]))]
pub struct Erase {
    #[command(flatten)]
    at: OneTenant,
    /// 居民编号（户保留） / a resident of a household, which stays
    #[arg(long, requires = "household", allow_hyphen_values = true)]
    resident: Option<Id>,
    /// 居民所在户的编号 / the resident's household
    #[arg(long, requires = "resident", allow_hyphen_values = true)]
    household: Option<Id>,
    /// 保留该户及其走访的照片（可能拍到本人） / keep the photos of the household and its visits, which may show the resident
    #[arg(long, requires = "resident")]
    keep_photos: bool,
    /// 资料编号：户、走访、上报、人员、签到，连同其附属资料 / a document with all that is about it
    #[arg(long, allow_hyphen_values = true)]
    document: Option<Id>,
    /// 只删除一份资料的旧内容（更正前的姓名、电话等） / only what a document does not show any more
    #[arg(long, allow_hyphen_values = true)]
    history: Option<Id>,
    /// 查找姓名或电话出现在哪些资料中，不删除 / list where a name or number stands; erases nothing
    #[arg(long)]
    containing: Option<String>,
    /// 删除历次恢复时保留下来的旧数据库，其中仍有已删除的内容 / what restores replaced and kept, which still holds what was erased
    #[arg(long)]
    replaced: bool,
    /// 只显示将删除什么、姓名和电话还出现在哪里 / show what would go, and where else names and numbers stand
    #[arg(long)]
    preview: bool,
    /// 确认删除，不能恢复 / yes, erase it for good
    #[arg(long)]
    yes: bool,
}

pub async fn run(a: Erase) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    if a.replaced {
        return drop_replaced(&hub, a.yes && !a.preview).await;
    }
    let target = match (a.resident.zip(a.household), a.document, a.history) {
        (Some((resident, household)), ..) => Target::Resident { household, resident, keep_photos: a.keep_photos },
        (_, Some(document), _) => Target::Document(document),
        (.., Some(document)) => Target::History(document),
        (None, None, None) => {
            list(&admin::containing(&hub, &tenant, a.containing.as_deref().unwrap_or_default()).await?);
            return Ok(());
        }
    };
    let plan = admin::plan(&hub, &tenant, &target).await?;
    show(&plan);
    if matches!(target, Target::Resident { keep_photos: false, .. }) && plan.documents.iter().any(|(_, kind, _)| kind.name == "photo") {
        println!(
            "该户及其走访的照片可能拍到本人，一并删除；要保留请加 --keep-photos / photos of the household and its visits may show them and go too; --keep-photos keeps them"
        );
    }
    if a.preview {
        return Ok(());
    }
    if !a.yes {
        return Err(HubError::usage("没有删除；确认请加 --yes，删除后不能恢复", "nothing was erased; confirm with --yes, it cannot be undone"));
    }
    let count = admin::erase(&hub, &tenant, &target).await?;
    println!("已删除，涉及 {count} 份资料；手机下次同步时删除 / erased in {count} documents; phones follow with their next sync");
    if !admin::scrub(&hub).await? {
        println!("数据库文件正被读取或磁盘已满，稍后由服务器清除 / the file is being read or its disk is full; the serving hub overwrites it later");
    }
    for name in admin::replaced(&hub).await? {
        println!("恢复前的旧数据仍有内容，确认无用后用 erase --replaced --yes 删除 / what a restore replaced still holds it: {name}");
    }
    println!("备份中仍有内容：到期即删，恢复时会再次删除 / backups still hold it until they expire; a restore erases it again");
    hub.store.close().await;
    Ok(())
}

async fn drop_replaced(hub: &Hub, yes: bool) -> Result<()> {
    for name in admin::replaced(hub).await? {
        println!("  {name}");
    }
    if yes {
        println!("已删除 {0} 份 / removed: {0}", admin::drop_replaced(hub).await?);
    } else {
        println!("没有删除；确认请加 --yes / nothing was removed; confirm with --yes");
    }
    hub.store.close().await;
    Ok(())
}

fn show(plan: &Plan) {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    plan.documents.iter().for_each(|(_, kind, _)| *kinds.entry(kind.name).or_default() += 1);
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    println!("将涉及 / concerns: {}", kinds.join(", "));
    for (id, kind, _) in &plan.documents {
        println!("  {}\t{id}", kind.name);
    }
    println!("姓名或电话另见于 / names or numbers also stand in: {}", plan.elsewhere.len());
    list(&plan.elsewhere);
}

/// Ids only: what stands there is not for a terminal's history.
fn list(found: &[Found]) {
    for place in found {
        println!("  {}.{}\t{}\t{}", place.table, place.column, place.document, place.entry);
    }
}
