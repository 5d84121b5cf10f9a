//! The one error of the bindings: the core's, flat.

use gridwalk_core::{Error, ErrorKind as CoreKind};

/// What a caller can act upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
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
    /// A defect of gridwalk itself, or a kind that these bindings do not know; the code tells.
    Internal,
}

impl From<CoreKind> for ErrorKind {
    fn from(kind: CoreKind) -> Self {
        match kind {
            CoreKind::Invalid => Self::Invalid,
            CoreKind::NotFound => Self::NotFound,
            CoreKind::InConflict => Self::InConflict,
            CoreKind::NotAllowed => Self::NotAllowed,
            CoreKind::Enrolment => Self::Enrolment,
            CoreKind::UnsentOfAnother => Self::UnsentOfAnother,
            CoreKind::Unsent => Self::Unsent,
            CoreKind::HubOutdated => Self::HubOutdated,
            CoreKind::WrongKey => Self::WrongKey,
            CoreKind::Damaged => Self::Damaged,
            CoreKind::NewerStore => Self::NewerStore,
            CoreKind::CannotWrite => Self::CannotWrite,
            CoreKind::Offline => Self::Offline,
            CoreKind::HubRefused => Self::HubRefused,
            CoreKind::Malformed => Self::Malformed,
            _ => Self::Internal,
        }
    }
}

/// What went wrong, with a message for the screen in both languages. One variant, so that a screen reads the messages without
/// asking for the kind first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum GridwalkError {
    /// The call failed.
    #[error("{message_zh} / {message_en}")]
    Failed {
        /// What a caller can act upon.
        kind: ErrorKind,
        /// The kind's stable code, for logs.
        code: String,
        /// The message in Chinese.
        message_zh: String,
        /// The message in English.
        message_en: String,
        /// The key of the field that it is about, if it is about one: a form shows it there.
        field: Option<String>,
    },
}

/// The result of every call.
pub(crate) type Result<T> = std::result::Result<T, GridwalkError>;

impl From<Error> for GridwalkError {
    fn from(e: Error) -> Self {
        Self::Failed {
            kind: e.kind().into(),
            code: e.kind().code().into(),
            message_zh: e.message_zh().into(),
            message_en: e.message_en().into(),
            field: e.field().map(str::to_owned),
        }
    }
}

impl From<uniffi::UnexpectedUniFFICallbackError> for GridwalkError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Error::internal("callback").into()
    }
}
