//! A PostgreSQL server of the tests' own, from the system's package: in a temporary folder, on loopback, on a free port, gone
//! at the end.

use std::ffi::OsString;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::{Done, machine, step};

/// A running server.
pub struct Server {
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
    process: Child,
}

impl Server {
    /// Starts a server; installs the package first where that is possible. Without `durable` it does not wait for the disk:
    /// no test cuts its power.
    pub fn start(durable: bool) -> Result<Self, u8> {
        let programs = match programs() {
            Some(programs) => programs,
            None => {
                machine::install(&["postgresql"])?;
                programs().ok_or(1)?
            }
        };
        let folder = std::env::temp_dir().join(format!("gridwalk-postgres-{}", std::process::id()));
        let owner = owner();
        let made = fs::create_dir_all(&folder)
            .and_then(|()| fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)))
            .and_then(|()| owner.map_or(Ok(()), |(user, group)| chown(&folder, Some(user), Some(group))));
        if let Err(e) = made {
            eprintln!("无法建立 {}：{e} / cannot make this folder", folder.display());
            return Err(1);
        }
        let data = folder.join("data");
        let mut init = as_owner(Command::new(programs.join("initdb")), &folder, owner);
        init.args(["--username=gridwalk", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--pgdata"]).arg(&data);
        step(init.stdout(Stdio::null()))?;
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_err(|_| 1)?.port();
        let mut serve = as_owner(Command::new(programs.join("postgres")), &folder, owner);
        serve.arg("-D").arg(&data);
        let settings = [
            format!("port={port}"),
            "listen_addresses=127.0.0.1".into(),
            "unix_socket_directories=".into(),
            "max_connections=500".into(),
            // As docs/operations.md asks for: what was erased does not stay in the log.
            "wal_recycle=off".into(),
            format!("fsync={}", if durable { "on" } else { "off" }),
            format!("full_page_writes={}", if durable { "on" } else { "off" }),
        ];
        serve.args(settings.iter().flat_map(|s| ["-c", s.as_str()])).stdout(Stdio::null()).stderr(Stdio::null());
        let process = serve.spawn().map_err(|e| {
            eprintln!("无法启动 postgres：{e} / cannot start postgres");
            1
        })?;
        let server = Self { folder, programs, port, process };
        server.wait()?;
        Ok(server)
    }

    fn wait(&self) -> Done {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return Ok(());
            }
            sleep(Duration::from_millis(100));
        }
        eprintln!("postgres 没有启动 / postgres did not start");
        Err(1)
    }

    /// Its address, without a database.
    pub fn url(&self) -> String {
        format!("postgres://gridwalk@127.0.0.1:{}", self.port)
    }

    /// The search path of programs with this server's own in front: `pg_dump` must not be older than the server.
    pub fn path(&self) -> OsString {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.programs.clone()).chain(std::env::split_paths(&path));
        std::env::join_paths(folders).unwrap_or(path)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGINT: whoever is connected is sent away, and the server ends.
        let asked = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        if !asked.is_ok_and(|status| status.success()) {
            self.process.kill().ok();
        }
        self.process.wait().ok();
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// The folder with the server's programs: on the search path, or where Debian puts its newest version.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file());
    on_path.and_then(|folder| fs::canonicalize(folder.join("postgres")).ok()?.parent().map(Path::to_owned)).or_else(|| {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten().map(|e| e.path());
        versions.filter(|v| v.join("bin/postgres").is_file()).max_by_key(|v| number(v)).map(|v| v.join("bin"))
    })
}

fn number(folder: &Path) -> u32 {
    folder.file_name().and_then(|n| n.to_str()?.parse().ok()).unwrap_or(0)
}

/// PostgreSQL refuses to run as root: whom it runs as then, `postgres` or `nobody`.
fn owner() -> Option<(u32, u32)> {
    if !machine::is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = |name: &str| {
        let line = users.lines().find(|l| l.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody"))
}

fn as_owner(mut command: Command, folder: &Path, owner: Option<(u32, u32)>) -> Command {
    command.current_dir(folder).env("LC_ALL", "C.UTF-8");
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}
