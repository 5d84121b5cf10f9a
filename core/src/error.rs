//! The one error type of the core.
//!
//! A screen acts upon [`ErrorKind`] and shows [`Error::message_zh`] or [`Error::message_en`]. Messages say what to do and
//! never carry personal data: they name fields and documents, not their contents.

use std::fmt;

/// What a caller can act upon. The names are stable and travel over the bindings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input is not acceptable; correct it and try again.
    Invalid,
    /// What the command is about is not on this device.
    NotFound,
    /// The field holds two values that people set at the same time; settle it first.
    InConflict,
    /// The rules do not allow this to the person signed in.
    NotAllowed,
    /// The phone is not enrolled yet, or is enrolled already.
    Enrolment,
    /// The phone holds unsent work of another person. Nothing was changed: send it or hand it on first, or say that it may wait.
    UnsentOfAnother,
    /// Something on this phone is nowhere else, and would be lost. Nothing went: send it or hand it on first, or say that it may.
    Unsent,
    /// The hub must be updated first: it does not know yet what this would write. Nothing was recorded.
    HubOutdated,
    /// The database key is not the one this store was made with. The file was not touched.
    WrongKey,
    /// The store's file is damaged. It was set aside, never deleted.
    Damaged,
    /// The store was written by a newer app. It was not touched.
    NewerStore,
    /// The device has no room left, or the folder cannot be written to. Nothing was recorded.
    CannotWrite,
    /// The hub cannot be reached; everything is kept and sent later.
    Offline,
    /// The hub answered with a refusal in the protocol's words.
    HubRefused,
    /// Bytes from outside are not what they claim to be.
    Malformed,
    /// A defect of gridwalk itself.
    Internal,
}

impl ErrorKind {
    /// The stable code of this kind, in snake case.
    pub fn code(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NotFound => "not_found",
            Self::InConflict => "in_conflict",
            Self::NotAllowed => "not_allowed",
            Self::Enrolment => "enrolment",
            Self::UnsentOfAnother => "unsent_of_another",
            Self::Unsent => "unsent",
            Self::HubOutdated => "hub_outdated",
            Self::WrongKey => "wrong_key",
            Self::Damaged => "damaged",
            Self::NewerStore => "newer_store",
            Self::CannotWrite => "cannot_write",
            Self::Offline => "offline",
            Self::HubRefused => "hub_refused",
            Self::Malformed => "malformed",
            Self::Internal => "internal",
        }
    }
}

/// An error with a kind to act upon and a message in Chinese and English.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    zh: String,
    en: String,
    field: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of `kind` with its message in both languages.
    pub fn new(kind: ErrorKind, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { kind, zh: zh.into(), en: en.into(), field: None, source: None }
    }

    /// Input that cannot be accepted.
    pub fn invalid(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, zh, en)
    }

    /// Something the command names that is not on this device.
    pub fn not_found(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, zh, en)
    }

    /// Bytes from outside that are not what they claim to be.
    pub fn malformed(what: &'static str) -> Self {
        Self::new(ErrorKind::Malformed, format!("收到的数据无法识别（{what}），已忽略"), format!("received data is malformed ({what}) and was ignored"))
    }

    /// A defect of gridwalk, with what was being done.
    pub fn internal(what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Internal, format!("程序内部错误：{what}"), format!("internal error: {what}"))
    }

    /// The same error, of this field of the input (`phone`, `residents[1].birth`): a form shows it there, an import names the column.
    #[must_use]
    pub fn in_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same error with its technical cause attached.
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What a caller can act upon.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The field of the input that is wrong, if it is one.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The message in Chinese.
    pub fn message_zh(&self) -> &str {
        &self.zh
    }

    /// The message in English.
    pub fn message_en(&self) -> &str {
        &self.en
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.zh, self.en)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|s| &**s as &(dyn std::error::Error + 'static))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let error = match e.sqlite_error_code() {
            Some(Code::DiskFull) => Self::new(
                ErrorKind::CannotWrite,
                "存储空间已满，本次没有记录；请清理空间后再试",
                "the device is full and nothing was recorded; free some space and try again",
            ),
            Some(Code::ReadOnly | Code::PermissionDenied | Code::CannotOpen | Code::SystemIoFailure) => Self::new(
                ErrorKind::CannotWrite,
                "无法写入数据文件夹，本次没有记录；请检查权限和存储卡",
                "the data folder cannot be written to and nothing was recorded; check its permissions",
            ),
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::new(ErrorKind::Damaged, "数据文件已损坏", "the data file is damaged"),
            _ => Self::internal("SQL"),
        };
        error.with_source(e)
    }
}

impl From<automerge::AutomergeError> for Error {
    fn from(e: automerge::AutomergeError) -> Self {
        Self::internal("document").with_source(e)
    }
}
