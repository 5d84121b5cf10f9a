//! What goes wrong: a stable code and a message in Chinese and English. The core's errors pass through as they are.

use std::error::Error as _;
use std::io;

use gridwalk_core::{Error, ErrorKind};
use serde_json::{Value, json};

/// The result of everything here.
pub type Result<T = ()> = std::result::Result<T, Failure>;

/// Why the program ends early.
#[derive(Debug)]
pub enum Failure {
    /// Something to tell the person.
    Said(Box<Trouble>),
    /// Whoever read standard output has gone: nothing is left to say.
    HungUp,
}

/// Something to tell the person.
#[derive(Debug)]
pub struct Trouble {
    /// The stable code: one of the core's, `usage` or `ambiguous`.
    pub code: &'static str,
    /// The message in Chinese.
    pub zh: String,
    /// The message in English.
    pub en: String,
    /// Technical causes, outermost first, for whoever gives support.
    pub causes: Vec<String>,
    /// What the person can choose from, as JSON and as text.
    pub candidates: Option<(Value, String)>,
}

impl Trouble {
    /// The error as `--json` prints it.
    pub fn to_json(&self) -> Value {
        let mut error = json!({"code": self.code, "zh": self.zh, "en": self.en});
        if !self.causes.is_empty() {
            error["causes"] = json!(self.causes);
        }
        if let Some((candidates, _)) = &self.candidates {
            error["candidates"] = candidates.clone();
        }
        json!({"error": error})
    }

    /// The exit status.
    pub fn status(&self) -> u8 {
        if self.code == "usage" { 2 } else { 1 }
    }
}

impl Failure {
    /// The command line cannot be what was meant.
    pub fn usage(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Said(Box::new(Trouble { code: "usage", zh: zh.into(), en: en.into(), causes: Vec::new(), candidates: None }))
    }

    /// Several things are meant by what was typed: `candidates` as JSON and as text.
    pub fn ambiguous(zh: impl Into<String>, en: impl Into<String>, candidates: Value, text: String) -> Self {
        let candidates = Some((candidates, text));
        Self::Said(Box::new(Trouble { code: "ambiguous", zh: zh.into(), en: en.into(), causes: Vec::new(), candidates }))
    }

    /// A file that the person named, or standard output, cannot be read or written.
    pub fn file(what: &str, e: io::Error) -> Self {
        if e.kind() == io::ErrorKind::BrokenPipe {
            return Self::HungUp;
        }
        Error::new(ErrorKind::CannotWrite, format!("文件无法读写：{what}"), format!("cannot read or write: {what}")).with_source(e).into()
    }
}

impl From<Error> for Failure {
    fn from(e: Error) -> Self {
        let (mut causes, mut next) = (Vec::new(), e.source());
        while let Some(cause) = next {
            causes.push(cause.to_string());
            next = cause.source();
        }
        let trouble = Trouble { code: e.kind().code(), zh: e.message_zh().into(), en: e.message_en().into(), causes, candidates: None };
        Self::Said(Box::new(trouble))
    }
}
