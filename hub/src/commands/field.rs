//! `gridwalk-hub field`: the community's own fields.

use clap::{Args, Subcommand};
use gridwalk_core::dictionary::own::{Definition, TYPES};
use gridwalk_hub::registry::own_fields::own_fields;
use gridwalk_hub::{Result, admin};

use super::OneTenant;

#[derive(Debug, Args)]
pub struct Field {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// 增设一项；已有的改名称、选项，停用的重新启用 / define a field; rename one, change its choices, open a closed one
    Add(Add),
    /// 列出自设项目 / list the fields
    List(List),
    /// 停用一项，已填的保留 / close a field; what was written stays
    Close(Close),
}

#[derive(Debug, Args)]
struct Add {
    #[command(flatten)]
    at: OneTenant,
    /// 用在哪里：household 住户、residents 居民、report 上报 / what it is of
    #[arg(value_name = "OF")]
    of: String,
    /// 代号，小写字母、数字、“_”，定下后不改 / its key: a-z, 0-9, _; never changed
    key: String,
    /// 名称 / what people call it
    #[arg(long)]
    zh: String,
    /// 英文名称 / the same in English
    #[arg(long, default_value = "", hide_default_value = true)]
    en: String,
    /// 类型，定下后不改：text 文字、note 长文字、choice 选项、number 数字、date 日期、flag 是否、telephone 电话 / the type; never changed
    #[arg(long = "type", value_name = "TYPE")]
    ty: String,
    /// 选项，用逗号隔开 / the choices, with commas between them
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    choices: Vec<String>,
    /// 属于个人信息（居民的项目都是），定下后不改 / it is personal, as all of a resident's are; never changed
    #[arg(long)]
    personal: bool,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    at: OneTenant,
}

#[derive(Debug, Args)]
struct Close {
    #[command(flatten)]
    at: OneTenant,
    /// 用在哪里 / what it is of
    #[arg(value_name = "OF")]
    of: String,
    /// 代号 / its key
    key: String,
}

pub async fn run(a: Field) -> Result<()> {
    let at = match &a.act {
        Act::Add(Add { at, .. }) | Act::List(List { at }) | Act::Close(Close { at, .. }) => at,
    };
    let _lock = admin::HubLock::shared(&at.place.data)?;
    let (hub, tenant) = at.open().await?;
    match a.act {
        Act::Add(a) => {
            let choices = a.choices.iter().flat_map(|word| word.split(['，', '、'])).map(str::to_owned).collect();
            let definition = Definition { zh: a.zh, en: a.en, ty: a.ty, choices, personal: a.personal, closed: false };
            admin::add_own_field(&hub, &tenant, &a.of, &a.key, definition).await?;
            println!("已设定，手机同步后可用 / defined; phones have it after a sync");
        }
        Act::Close(a) => {
            admin::close_own_field(&hub, &tenant, &a.of, &a.key).await?;
            println!("已停用，已填的内容保留 / closed; what was written stays");
        }
        Act::List(_) => {
            println!("用于 of\t代号 key\t名称 label\t类型 type\t选项 choices\t个人信息 personal\t停用 closed");
            for own in own_fields(&hub, &tenant).await? {
                let d = &own.definition;
                let ty = TYPES.iter().find(|ty| ty.code == d.ty).map_or("", |ty| ty.label.zh);
                let yes = |yes: bool| if yes { "是 yes" } else { "" };
                println!("{}\t{}\t{} {}\t{ty} {}\t{}\t{}\t{}", own.of, own.field.key, d.zh, d.en, d.ty, d.choices.join("、"), yes(d.personal), yes(d.closed));
            }
        }
    }
    hub.store.close().await;
    Ok(())
}
