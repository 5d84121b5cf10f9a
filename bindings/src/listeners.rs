//! Callbacks into the shell: few, coarse, and told after the fact. They come on a thread of the core's, never the screen's.
//! One that fails is the shell's own affair: what was recorded stays recorded and the call that led to it succeeds.

use std::sync::{Arc, Mutex, PoisonError};

use gridwalk_core::phone::Listener as CoreListener;
use gridwalk_core::sync::SyncProgress;

use crate::error::Result;
use crate::phone::Phone;

/// Hears, after each commit, which read-model tables changed.
#[uniffi::export(with_foreign)]
pub trait Listener: Send + Sync {
    /// The rows of these tables changed.
    fn changed(&self, tables: Vec<String>) -> Result<()>;
}

/// Hears how far a sync has come.
#[uniffi::export(with_foreign)]
pub trait ProgressListener: Send + Sync {
    /// A request was answered.
    fn progress(&self, progress: SyncProgress) -> Result<()>;
}

struct ShellListener(Arc<dyn Listener>);

impl CoreListener for ShellListener {
    fn changed(&self, tables: &[&'static str]) {
        drop(self.0.changed(tables.iter().map(ToString::to_string).collect()));
    }
}

/// A listener's place among those who hear; given up with [`Subscription::cancel`] or with the object itself.
#[derive(uniffi::Object)]
pub struct Subscription(Mutex<Option<Arc<dyn CoreListener>>>);

#[uniffi::export]
impl Subscription {
    /// Ends the subscription. A call that has begun is not waited for.
    pub fn cancel(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

#[uniffi::export]
impl Phone {
    /// Hears of changes for as long as the subscription is kept.
    pub fn listen(&self, listener: Arc<dyn Listener>) -> Subscription {
        let listener: Arc<dyn CoreListener> = Arc::new(ShellListener(listener));
        self.core.listen(&listener);
        Subscription(Mutex::new(Some(listener)))
    }
}
