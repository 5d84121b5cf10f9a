//! What the machine must have before anything is built: SQLCipher with OpenSSL inside is compiled from C.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Done;

/// Programs that a build or a test calls, and the Debian packages that bring them.
const PACKAGES: [(&str, &[&str]); 13] = [
    ("cc", &["gcc", "libc6-dev"]),
    ("c++", &["g++"]),
    ("make", &["make"]),
    ("perl", &["perl"]),
    ("python3", &["python3"]),
    ("javac", &["openjdk-17-jdk-headless"]),
    ("mvn", &["maven"]),
    ("aapt2", &["aapt"]),
    ("aapt", &["aapt"]),
    ("zipalign", &["zipalign"]),
    ("apksigner", &["apksigner"]),
    ("faketime", &["faketime"]),
    (OPENPYXL, &["python3-openpyxl"]),
];

/// No program, but a module of Python's: the tests read and edit workbooks with it.
pub const OPENPYXL: &str = "openpyxl";

/// Makes sure that these programs are there: installs them on Debian as root, else says how.
pub fn ready(programs: &[&str]) -> Done {
    let missing: Vec<&str> = programs.iter().copied().filter(|p| if *p == OPENPYXL { !has_openpyxl() } else { !on_path(p) }).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = PACKAGES.iter().filter(|(program, _)| missing.contains(program)).flat_map(|(_, all)| all.iter().copied()).collect();
    eprintln!("缺少 / missing: {}", missing.join(", "));
    install(&packages)
}

/// Installs packages on Debian as root, else says how.
pub fn install(packages: &[&str]) -> Done {
    if on_path("apt-get") && is_root() && apt(&["update"]) && apt(&[["install", "--yes", "--no-install-recommends"].as_slice(), packages].concat()) {
        return Ok(());
    }
    eprintln!("请先安装 / install them first:\n  sudo apt-get update && sudo apt-get install --yes {}", packages.join(" "));
    Err(1)
}

fn on_path(program: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// Whether the first Python on the path or the system's own, for which Debian has the module, finds it.
fn has_openpyxl() -> bool {
    let finds = |python: &&str| Command::new(python).args(["-c", "import openpyxl"]).stderr(Stdio::null()).status().is_ok_and(|s| s.success());
    ["python3", "/usr/bin/python3"].iter().any(finds)
}

/// The owner of this process's folder in `/proc` is who runs it.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    Path::new("/proc/self").metadata().is_ok_and(|m| m.uid() == 0)
}

fn apt(arguments: &[&str]) -> bool {
    eprintln!("▶ apt-get {}", arguments.join(" "));
    let mut command = Command::new("apt-get");
    command.arg("-qq").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()).stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
