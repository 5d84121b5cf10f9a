//! Taking data out, and making the read model again.

use std::cell::RefCell;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::Args;
use gridwalk_core::{Error, Id, Phone};
use serde_json::json;

use crate::failure::{Failure, Result};
use crate::screen::{Screen, Tone};
use crate::values::id;

/// 导出资料：JSON，或标准 Automerge 文件 / Export documents as JSON, or one as a standard Automerge file
#[derive(Debug, Args)]
pub struct Export {
    /// 资料编号，默认全部，每行一份 / a document's id [default: all, one a line]
    #[arg(value_parser = id)]
    document: Option<Id>,
    /// 导出为 Automerge 文件，其他工具可打开 / as an Automerge file, which other tools open
    #[arg(long, requires = "document")]
    automerge: bool,
    /// 写到文件 / write to a file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Export {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let Some(id) = self.document else { return self.all(phone, screen) };
        let bytes = if self.automerge {
            if self.out.is_none() && (screen.is_terminal() || screen.is_json()) {
                return Err(Failure::usage("Automerge 文件不是文字，请用 --out 指定文件", "an Automerge file is not text; name a file with --out"));
            }
            phone.export_automerge(id)?
        } else {
            let value = phone.export_json(id)?;
            let text = if screen.is_json() { value.to_string() } else { format!("{value:#}") };
            format!("{text}\n").into_bytes()
        };
        if self.out.is_none() {
            return screen.bytes(&bytes);
        }
        let mut file = self.create()?;
        file.write_all(&bytes).and_then(|()| file.flush()).map_err(|e| self.cannot(e))?;
        self.done(screen, 1)
    }

    /// Every document, one a line; never all of them in memory.
    fn all(&self, phone: &Phone, screen: &Screen) -> Result {
        // On a terminal the documents are the progress.
        let bar = if self.out.is_some() || !screen.is_terminal() { screen.bar("正在导出 / exporting") } else { indicatif::ProgressBar::hidden() };
        let mut file = self.out.is_some().then(|| self.create()).transpose()?;
        let failed = RefCell::new(None);
        let mut count = 0;
        let exported = phone.export_all(|document, total| {
            bar.set_length(total as u64);
            bar.inc(1);
            count += 1;
            let written = match &mut file {
                Some(file) => writeln!(file, "{document}").map_err(|e| self.cannot(e)),
                None => screen.line(&document.to_string()),
            };
            // The core passes its own errors on; ours waits outside.
            written.map_err(|e| {
                failed.replace(Some(e));
                Error::internal("export")
            })
        });
        bar.finish_and_clear();
        if let Some(failure) = failed.into_inner() {
            return Err(failure);
        }
        exported?;
        let Some(mut file) = file else { return Ok(()) };
        file.flush().map_err(|e| self.cannot(e))?;
        self.done(screen, count)
    }

    /// The file to write to; a new one is its owner's alone, for it holds what the store encrypts.
    fn create(&self) -> Result<BufWriter<fs::File>> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(self.out.as_deref().unwrap_or(std::path::Path::new(""))).map_err(|e| self.cannot(e))?;
        Ok(BufWriter::new(file))
    }

    fn done(&self, screen: &Screen, count: usize) -> Result {
        let out = self.out.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        screen.answer(&json!({"out": out, "documents": count}), |s| s.text(format!("已导出 {count} 份资料：{out} / exported"), Tone::Good))
    }

    fn cannot(&self, e: std::io::Error) -> Failure {
        Failure::file(&self.out.as_ref().map(|path| path.display().to_string()).unwrap_or_default(), e)
    }
}

/// 由资料重建列表和索引 / Make lists and indexes again from the documents
#[derive(Debug, Args)]
pub struct Rebuild {}

impl Rebuild {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let spinner = screen.spinner("正在重建 / rebuilding");
        let rebuilt = phone.rebuild();
        spinner.finish_and_clear();
        rebuilt?;
        let documents = phone.status()?.documents;
        screen.answer(&json!({"documents": documents}), |s| s.text(format!("已由 {documents} 份资料重建 / rebuilt"), Tone::Good))
    }
}
