//! `gridwalk-hub import`: files of households, reports, activities, messages and categories.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;
use gridwalk_hub::export::{Returned, take_returned};
use gridwalk_hub::import::Imported;
use gridwalk_hub::import::headings::Kind;
use gridwalk_hub::import::mapping::Mapping;
use gridwalk_hub::import::rejects::Reject;
use gridwalk_hub::{HubError, Result, admin, import};
use indicatif::{ProgressBar, ProgressStyle};

use super::OneTenant;

/// So many things that were not imported are told at once; the file beside the input names all.
const TOLD: usize = 20;

#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    at: OneTenant,
    /// 列名对照表（JSON） / a file that names the columns
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// 只看会导入什么，不写入 / show what would be imported, write nothing
    #[arg(long)]
    preview: bool,
    /// 表格是什么：messages 留言、categories 分类、roster 花名册；不写就按表头判断 / what the tables are; the headings tell if not named
    #[arg(long = "as", value_enum)]
    kind: Option<Kind>,
    /// 花名册没有写明网格时，住户所在的网格 / the grid of a roster that does not name it
    #[arg(long)]
    grid: Option<String>,
    /// 文件 / files
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

pub async fn run(a: Import) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
    let mut mapping = match &a.mapping {
        Some(path) => Mapping::load(path).map_err(|e| HubError::Usage(e.to_string()))?,
        None => Mapping::default(),
    };
    mapping.kind = a.kind.or(mapping.kind);
    mapping.grid = a.grid.or(mapping.grid);
    let mut left_out = 0;
    for file in &a.files {
        let bar = if std::io::stderr().is_terminal() && !a.preview { ProgressBar::new(0) } else { ProgressBar::hidden() };
        bar.set_style(ProgressStyle::with_template("{bar:32} {pos}/{len}").unwrap_or_else(|_| ProgressStyle::default_bar()));
        let progress = |done: usize, total: usize| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        };
        if let Some(done) = take_returned(&hub, &tenant, file, a.preview, progress).await? {
            bar.finish_and_clear();
            tell_returned(file, a.preview, &done);
            left_out += done.named.len();
            continue;
        }
        let done =
            if a.preview { import::preview(&hub, &tenant, file, &mapping).await? } else { import::import(&hub, &tenant, file, &mapping, progress).await? };
        bar.finish_and_clear();
        tell(file, a.preview, &done);
        left_out += done.named.len();
    }
    hub.store.close().await;
    match (left_out, a.preview) {
        (0, _) => Ok(()),
        (_, true) => {
            Err(HubError::usage(format!("有 {left_out} 处不会导入，其余会导入"), format!("{left_out} things would not be imported, all others would")))
        }
        (_, false) => Err(HubError::usage(format!("有 {left_out} 处没有导入，其余已导入"), format!("{left_out} things were not imported, all others were"))),
    }
}

fn tell(file: &Path, preview: bool, done: &Imported) {
    let Imported { added, known, changed, repeats, rejected, unread, .. } = done;
    let (zh, en) = if preview { ("预览，", "preview: ") } else { ("", "") };
    println!(
        "{}：{zh}新增 {added}，已有 {known}，有变化未改 {changed}，重复 {repeats}，拒收 {rejected}，未读 {unread} / {en}added {added}, known {known}, changed and left {changed}, repeated {repeats}, rejected {rejected}, not read {unread}",
        file.display()
    );
    for (zh, en) in &done.notes {
        println!("  {zh} / {en}");
    }
    for record in &done.shown {
        println!("  {record}");
    }
    tell_left_out(&done.named, done.rejects_file.as_deref());
}

fn tell_returned(file: &Path, preview: bool, done: &Returned) {
    let Returned { rows, edited, conflicts, rejected, unread, .. } = done;
    let (zh, en) = if preview { ("预览，", "preview: ") } else { ("", "") };
    println!(
        "{}：{zh}导回 {rows} 行，修改 {edited} 格，其中与系统中的修改冲突 {conflicts}，拒收 {rejected}，未读 {unread} / {en}rows {rows}, cells edited {edited}, of these in conflict {conflicts}, rejected {rejected}, not read {unread}",
        file.display()
    );
    tell_left_out(&done.named, done.rejects_file.as_deref());
}

fn tell_left_out(all: &[Reject], rejects: Option<&Path>) {
    for named in all.iter().take(TOLD) {
        let row = if named.row == 0 { String::new() } else { format!(" {} ", named.row) };
        println!("  {}{row}{}：{} / {}", named.sheet, named.column, named.reason_zh, named.reason_en);
    }
    if let Some(more) = all.len().checked_sub(TOLD).filter(|more| *more > 0) {
        println!("  …还有 {more} 处 / and {more} more");
    }
    if let Some(rejects) = rejects {
        println!("  没有导入的见 {} / what was not imported is named there", rejects.display());
    }
}
