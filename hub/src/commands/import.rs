//! `gridwalk-hub import`: files of households, reports, activities, messages and categories.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use gridwalk_hub::import::mapping::Mapping;
use gridwalk_hub::{HubError, Result, admin, import};
use indicatif::{ProgressBar, ProgressStyle};

use super::OneTenant;

#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    at: OneTenant,
    /// 列名对照表（JSON） / a file that names the columns
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// 文件 / files
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

pub async fn run(a: Import) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.place.data)?;
    let (hub, tenant) = a.at.open().await?;
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
