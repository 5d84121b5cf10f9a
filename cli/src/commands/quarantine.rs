//! The quarantine as a file.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use gridwalk_core::{Error, Phone};
use serde_json::json;

use crate::failure::Result;
use crate::screen::{Screen, Tone};

/// 未被接受的记录：导出到文件、从文件读入 / Refused records: to a file, and from one
#[derive(Debug, Args)]
pub struct Quarantine {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Export(File),
    Import(File),
}

/// 文件含个人信息明文，请妥善保管 / the file holds personal data in plain text
#[derive(Debug, Args)]
struct File {
    /// 文件 / the file
    file: PathBuf,
}

impl Quarantine {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.what {
            What::Export(File { file }) => {
                let quarantine = phone.export_quarantine()?;
                fs::write(&file, format!("{quarantine:#}\n")).map_err(|e| cannot("无法写入文件", "cannot write the file", e))?;
                let count = quarantine["records"].as_array().map_or(0, Vec::len);
                screen.answer(&json!({"records": count, "file": file}), |s| s.text(format!("已导出 {count} 条 / exported {count}"), Tone::Good))
            }
            What::Import(File { file }) => {
                let text = fs::read_to_string(&file).map_err(|e| cannot("无法读取文件", "cannot read the file", e))?;
                let value = serde_json::from_str(&text).map_err(|e| cannot("这不是 JSON 文件", "this is not a JSON file", e))?;
                let taken = phone.import_quarantine(&value)?;
                screen.answer(&json!(taken), |s| {
                    let zh = format!("读入 {} 条，已有 {} 条，已按要求删除 {} 条", taken.added, taken.known, taken.erased);
                    s.text(format!("{zh} / taken in {}, known {}, erased {}", taken.added, taken.known, taken.erased), Tone::Good)
                })
            }
        }
    }
}

fn cannot(zh: &str, en: &str, source: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::invalid(zh, en).with_source(source)
}
