//! A terminal with a store of its own, and the few words that a hub says to it.

use std::path::PathBuf;
use std::process::Command;

use gridwalk_core::identity::{DeviceKey, Invite, SystemRandom};
use gridwalk_core::ids::Actor;
use gridwalk_core::sync::protocol::{
    Bundle, DocumentNews, EnrolReply, Granted, SyncReply, SyncRequest, TenantReply, Verdict, VerdictCode, WireChange, decode, pack, seal_reply, unpack,
};
use gridwalk_core::sync::{Answer, SignedRequest, SyncReport, Transport};
use gridwalk_core::versions::DICTIONARY_VERSION;
use gridwalk_core::{Config, Id, Phone, Result};
use serde_json::Value;

/// Nothing listens there.
pub const NO_HUB: &str = "http://127.0.0.1:9";

/// What the program said.
#[derive(Debug)]
pub struct Said {
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

/// A terminal with a store of its own.
pub struct Terminal {
    pub folder: tempfile::TempDir,
    community: Community,
}

impl Terminal {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), community: Community { key: DeviceKey::make(&SystemRandom) } }
    }

    pub fn store(&self) -> PathBuf {
        self.folder.path().join("phone")
    }

    pub fn key_file(&self) -> PathBuf {
        self.folder.path().join("phone.key")
    }

    /// The program, not run yet, with this terminal's store.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gridwalk"));
        command.env_remove("GRIDWALK_KEY_FILE").env("GRIDWALK_STORE", self.store()).args(args);
        command
    }

    /// Runs the program.
    pub fn run(&self, args: &[&str]) -> Said {
        let output = self.command(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs the program, which succeeds, and returns its text.
    pub fn text(&self, args: &[&str]) -> String {
        let said = self.run(args);
        assert_eq!(said.status, Some(0), "{args:?}: {said:?}");
        said.out
    }

    /// Runs the program with `--json`, which succeeds, and returns its JSON.
    pub fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.text(&[args, &["--json"]].concat())).unwrap()
    }

    /// Runs the program with `--json`, which fails with this status, and returns its error.
    pub fn error(&self, status: i32, args: &[&str]) -> Value {
        let said = self.run(&[args, &["--json"]].concat());
        assert_eq!(said.status, Some(status), "{args:?}: {said:?}");
        let error: Value = serde_json::from_str(&said.out).unwrap();
        let error = error["error"].clone();
        assert!(error["zh"].as_str().is_some_and(|zh| !zh.is_ascii()), "{error}");
        assert!(error["en"].as_str().is_some_and(|en| !en.is_empty()), "{error}");
        error
    }

    /// The store as the core opens it.
    pub fn phone(&self) -> Phone {
        if !self.key_file().exists() {
            self.text(&["status"]);
        }
        let key = std::fs::read(self.key_file()).unwrap();
        Phone::open(Config::new(self.store(), key.try_into().unwrap())).unwrap()
    }

    /// Enrols the phone with these roles.
    pub fn enrol(&self, phone: &Phone, roles: &[(&str, &str)]) {
        self.enrol_in("明月社区", phone, roles);
    }

    /// The same in a community of another name.
    pub fn enrol_in(&self, tenant: &str, phone: &Phone, roles: &[(&str, &str)]) {
        let key = self.community.key.public();
        let invite = Invite {
            hub: NO_HUB.into(),
            tenant: tenant.into(),
            role: "cadre".into(),
            audiences: vec!["community".into()],
            code: "code".into(),
            key: key.clone(),
            spare: key,
        };
        let roles = roles.iter().map(|(role, scope)| ((*role).to_owned(), (*scope).to_owned())).collect();
        let joins = Joins { community: &self.community, granted: Granted { audiences: vec!["community".into(), "desk".into()], roles } };
        wait(phone.enrol_with(&invite, None, false, &joins)).unwrap();
    }

    /// Syncs with a hub that says `word` of everything that is sent.
    pub fn sync(&self, phone: &Phone, word: VerdictCode, reason: Option<&str>) -> SyncReport {
        let mut report = SyncReport::default();
        let judges = Judges { community: &self.community, word, reason: reason.map(str::to_owned) };
        wait(phone.sync_with(NO_HUB, &judges, &mut report, &|_| ())).unwrap();
        report
    }
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

struct Community {
    key: DeviceKey,
}

impl Community {
    fn answer<T: minicbor::Encode<()>>(&self, request: &SignedRequest, reply: &T) -> Result<Answer> {
        Ok(Answer::Reply(seal_reply(&self.key, &request.head.signature, &pack(reply)?)))
    }
}

struct Joins<'a> {
    community: &'a Community,
    granted: Granted,
}

impl Transport for Joins<'_> {
    async fn post(&self, request: &SignedRequest) -> Result<Answer> {
        let person = Id { actor: Actor([7; 12]), counter: 1 }.to_string();
        self.community.answer(request, &EnrolReply { hub_time: request.head.created, person, granted: self.granted.clone(), epoch: 1, keys: None })
    }
}

struct Judges<'a> {
    community: &'a Community,
    word: VerdictCode,
    reason: Option<String>,
}

impl Transport for Judges<'_> {
    async fn post(&self, request: &SignedRequest) -> Result<Answer> {
        let asked: SyncRequest = decode(&unpack(&request.body)?, "request")?;
        let bundle: Option<Bundle> = asked.bundles.first().map(|sealed| decode(&sealed.body, "bundle")).transpose()?;
        let changes: Vec<&WireChange> = bundle.iter().flat_map(|b| &b.groups).flat_map(|g| &g.changes).collect();
        // What is taken comes back without its bytes, with who may read it.
        let news = |c: &&WireChange| DocumentNews { doc: c.doc, generation: 0, schema: c.schema, audiences: vec![0], whole: false, chunks: vec![] };
        let cursor = asked.cursors[0].clone();
        let tenant = TenantReply {
            tenant: cursor.tenant,
            epoch: cursor.epoch,
            from: cursor.number,
            number: cursor.number + changes.len() as u64,
            backfills: vec![],
            granted: None,
            actors: bundle.as_ref().map(|b| b.actors.clone()).unwrap_or_default(),
            audiences: vec!["desk".into()],
            documents: changes.iter().filter(|_| self.word == VerdictCode::Taken).map(news).collect(),
            more: false,
            keys: None,
        };
        let verdict = Verdict { code: self.word, reason: self.reason.clone(), run: u32::try_from(changes.len()).unwrap() };
        let verdicts = bundle.iter().map(|_| vec![verdict.clone()]).collect();
        self.community.answer(
            request,
            &SyncReply { hub_time: request.head.created, verdicts, tenants: vec![tenant], schemas: vec![], receipts: vec![], dictionary: DICTIONARY_VERSION },
        )
    }
}
