//! Errors of the hub: a refusal travels in the protocol's words, everything else is logged where it is handled.

use gridwalk_core::sync::protocol::RefusalCode;

/// An error of the hub.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// A request that is refused in the protocol's own words.
    #[error("refused: {}", .0.name())]
    Refused(RefusalCode),
    /// The database.
    #[error("{}", of_database(.0))]
    Sql(#[from] sqlx::Error),
    /// The core.
    #[error("{0}")]
    Core(#[from] gridwalk_core::Error),
    /// Files.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The store of photos.
    #[error("photos: {0}")]
    Photos(#[from] object_store::Error),
    /// What an administrator did wrong, Chinese then English, with what to do.
    #[error("{0}")]
    Usage(String),
}

/// The result of everything in the hub.
pub type Result<T> = std::result::Result<T, HubError>;

impl HubError {
    /// A usage error in both languages.
    pub fn usage(zh: impl std::fmt::Display, en: impl std::fmt::Display) -> Self {
        Self::Usage(format!("{zh} / {en}"))
    }

    /// Whether the database could not write, most often because its disk is full.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Sql(e) if is_full(e))
    }
}

/// SQLite's `FULL` and `IOERR_WRITE`, PostgreSQL's `disk_full`.
fn is_full(e: &sqlx::Error) -> bool {
    e.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| ["13", "778", "53100"].contains(&&*code))
}

fn of_database(e: &sqlx::Error) -> String {
    if is_full(e) {
        format!("数据库写不了（磁盘已满？），这一步没有做 / the database cannot be written, its disk may be full; this step was not done: {e}")
    } else {
        format!("database: {e}")
    }
}
