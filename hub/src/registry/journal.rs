//! What must outlive the database is also written beside it, a line each, before it is committed: a hub restored from an older
//! backup repeats it.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{HubError, Result};
use crate::hub::Hub;

/// A line as it is written.
pub(crate) fn line<T: Serialize>(entry: &T) -> Result<String> {
    serde_json::to_string(entry).map(|line| line + "\n").map_err(|e| HubError::Usage(e.to_string()))
}

/// All entries of a journal, in order; none if nothing was ever written.
pub(crate) fn read<T: DeserializeOwned>(hub: &Hub, name: &str) -> Result<Vec<T>> {
    let text = match fs::read_to_string(hub.folder.join(name)) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let bad = |_| HubError::usage(format!("{name} 中有无法识别的行"), format!("{name} has a line that cannot be read"));
    text.lines().map(|line| serde_json::from_str(line).map_err(bad)).collect()
}

/// Lines at a journal's end, on disk. Taken back when dropped, unless they were kept: their transaction was given up.
pub(crate) struct Written {
    path: PathBuf,
    /// The file's size before and after, in bytes.
    sizes: (u64, u64),
    kept: bool,
}

impl Written {
    /// Writes `lines` and waits for the disk.
    pub fn write(folder: &Path, name: &str, lines: &str) -> io::Result<Self> {
        let path = folder.join(name);
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        let before = file.metadata()?.len();
        let mut written = Self { path, sizes: (before, before + lines.len() as u64), kept: false };
        if let Err(e) = file.write_all(lines.as_bytes()).and_then(|()| file.sync_all()) {
            // Half a line would keep the next start from reading the journal.
            written.sizes.1 = file.metadata()?.len();
            return Err(e);
        }
        Ok(written)
    }

    /// They stay.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        let (before, after) = self.sizes;
        if self.kept || before == after {
            return;
        }
        let take_back = || {
            let file = OpenOptions::new().write(true).open(&self.path)?;
            // Unless something else was written behind it.
            if file.metadata()?.len() == after { file.set_len(before) } else { Ok(()) }
        };
        if let Err(e) = take_back() {
            tracing::error!(error = %e, "日志文件中留下了一条已放弃的操作 / a journal names what was given up");
        }
    }
}
