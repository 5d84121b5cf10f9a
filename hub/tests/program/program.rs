//! The program run in a folder of its own: what it logs and what it says of errors names nobody.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use gridwalk_core::{Config, Phone};
use gridwalk_tests::logs::naming;

/// Everything of our own, and what libraries say for debugging.
const LEVELS: &str = "debug,gridwalk_core=trace,gridwalk_hub=trace";

pub struct Program {
    pub folder: PathBuf,
    /// Who is looked for in what it logs.
    pub people: BTreeSet<String>,
}

impl Program {
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gridwalk-hub"));
        command.env("GRIDWALK_HUB_DATA", self.folder.join("hub")).env("RUST_LOG", LEVELS).args(args);
        command
    }

    /// Runs a command to its end; what it logs and what it says of errors names nobody.
    pub fn run(&self, args: &[&str], succeeds: bool) -> String {
        let Output { status, stdout, stderr } = self.command(args).output().unwrap();
        let (out, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        assert_eq!(status.success(), succeeds, "{args:?}: {out}{err}");
        self.check(&args.join(" "), &err);
        out
    }

    /// Runs a command that fails. Returns what it says.
    pub fn error(&self, args: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.command(args).output().unwrap();
        let (out, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        assert!(!status.success(), "{args:?}: {out}{err}");
        self.check(&args.join(" "), &err);
        err
    }

    pub fn check(&self, what: &str, text: &str) {
        let lines = naming(text, &self.people);
        assert!(lines.is_empty(), "{what} names someone: {lines:?}");
    }

    pub fn check_file(&self, file: &Path) {
        self.check(&file.display().to_string(), &String::from_utf8_lossy(&fs::read(file).unwrap()));
    }
}

pub struct Serving {
    child: Child,
    pub address: String,
    log: Option<std::thread::JoinHandle<String>>,
}

/// A test that fails leaves no hub behind.
impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Serving {
    /// A link for someone new.
    pub fn invite(&self, program: &Program, role: &str, name: &str, more: &[&str]) -> String {
        let args = [&["invite", "--address", self.address.as_str(), "--role", role, "--name", name][..], more].concat();
        program.run(&args, true).lines().next().unwrap().to_owned()
    }

    pub fn start(program: &Program) -> Self {
        let mut child = program.command(&["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, address: line.trim().to_owned(), log: Some(log) }
    }

    /// Ends the hub. Returns all that it logged.
    pub fn stop(mut self) -> String {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        self.child.wait().unwrap();
        self.log.take().unwrap().join().unwrap()
    }

    /// Sends raw bytes and hears the answer.
    pub fn raw(&self, request: &[u8]) -> String {
        let mut line = TcpStream::connect(self.address.trim_start_matches("http://")).unwrap();
        line.write_all(request).unwrap();
        let mut answer = Vec::new();
        // A hub that hangs up on nonsense has answered too.
        drop(line.read_to_end(&mut answer));
        String::from_utf8_lossy(&answer).into_owned()
    }
}

pub async fn phone(folder: &Path, number: u8, link: &str) -> Phone {
    let phone = Phone::open(Config::new(folder.join(format!("phone-{number}")), [number; 32])).unwrap();
    phone.enrol(&link.parse().unwrap(), None).await.unwrap();
    phone.sync(|_| {}).await.unwrap();
    phone
}
