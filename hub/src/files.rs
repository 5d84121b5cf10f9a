//! Files beside the database.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::error::Result;

/// Writes a secret that only its owner may read.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = File::options().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}
