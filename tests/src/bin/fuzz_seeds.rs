//! Writes what fuzzing begins with into `fuzz/corpus`: `cargo xtask fuzz` calls it first.

use std::path::Path;

use gridwalk_core::identity::cipher::sha256;
use gridwalk_tests::fuzz::seeds;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let folder = tempfile::tempdir()?;
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for (target, bytes) in seeds(folder.path()).await? {
        let name: String = sha256(&bytes)[..6].iter().map(|b| format!("{b:02x}")).collect();
        std::fs::create_dir_all(corpus.join(target))?;
        std::fs::write(corpus.join(target).join(name), bytes)?;
    }
    Ok(())
}
