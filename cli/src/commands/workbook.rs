//! Lists as workbooks, and the way back.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use gridwalk_core::{Error, Phone};
use gridwalk_sheets::Only;
use gridwalk_sheets::phone::{FlawView, export, take_returned};
use serde_json::{Value, json};

use crate::failure::{Failure, Result};
use crate::screen::{Screen, Style, Tone};

/// 导回由 list --to 导出、改过的表 / Take in a workbook that list --to wrote and somebody edited since
#[derive(Debug, Args)]
pub struct Import {
    /// 表（.xlsx） / the workbook
    file: PathBuf,
    /// 只看会改什么，不写入 / show what would be changed, write nothing
    #[arg(long)]
    preview: bool,
}

impl Import {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let bytes = fs::read(&self.file).map_err(|e| Failure::file(&self.file.display().to_string(), e))?;
        let done = take_returned(phone, &bytes, self.preview)?;
        let flaw = |f: &FlawView| json!({"row": f.row, "column": f.column, "zh": f.zh, "en": f.en});
        let flaws: Vec<Value> = done.flaws.iter().map(flaw).collect();
        let answer = json!({"rows": done.rows, "edited": done.edited, "conflicts": done.conflicts, "flaws": flaws, "preview": self.preview});
        screen.answer(&answer, |s| {
            let (zh, en) = if self.preview { ("预览：", "preview: ") } else { ("", "") };
            let counts = format!("{zh}{} 行，修改 {} 格，其中冲突 {} / {en}rows, cells edited, of these in conflict", done.rows, done.edited, done.conflicts);
            let mut text = s.text(counts, Tone::Good);
            for flaw in &done.flaws {
                text += &format!("\n{}", flaw_text(s, flaw));
            }
            text
        })
    }
}

fn flaw_text(s: Style, flaw: &FlawView) -> String {
    let row = if flaw.row == 0 { String::new() } else { format!("第 {} 行 ", flaw.row) };
    s.text(format!("{row}{}：{} / {}", flaw.column, flaw.zh, flaw.en), Tone::Bad)
}

/// Writes a list into a new workbook, for its owner alone: it holds what the store encrypts.
pub fn write(phone: &Phone, screen: &Screen, list: &str, only: &[String], to: &Path) -> Result {
    let only = only.iter().map(|text| text.parse().map_err(|said: String| Error::invalid(said.clone(), said)));
    let only: Vec<Only> = only.collect::<gridwalk_core::Result<_>>()?;
    let cannot = |e| Failure::file(&to.display().to_string(), e);
    let (bytes, rows) = export(phone, list, &only)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(to).map_err(cannot)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(cannot)?;
    let answer = json!({"to": to.display().to_string(), "rows": rows});
    screen.answer(&answer, |s| s.text(format!("已写成 {rows} 行：{} / written; import brings edits back", to.display()), Tone::Good))
}
