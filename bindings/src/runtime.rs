//! Off the caller's thread: uniffi polls a future on the thread that awaits it, which may be the screen's.

use gridwalk_core::Error;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::error::Result;

/// Does blocking `work` on another thread. What has begun is finished, whether or not someone still waits.
pub(crate) async fn hop<T: Send + 'static>(work: impl FnOnce() -> gridwalk_core::Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|e| Error::internal("panic").with_source(e))?;
    Ok(done?)
}

/// Does work that blocks and waits by turns (a sync stores what it received) on another thread. What has begun is finished.
pub(crate) async fn drive<T: Send + 'static, F>(work: impl FnOnce() -> F + Send + 'static) -> Result<T>
where
    F: Future<Output = gridwalk_core::Result<T>>,
{
    let runtime = Handle::current();
    hop(move || runtime.block_on(work())).await
}

/// The same for work that may be cut anywhere: when nobody waits for it any more, it ends at its next wait.
pub(crate) async fn drive_while_awaited<T: Send + 'static, F>(work: impl FnOnce() -> F + Send + 'static) -> Result<T>
where
    F: Future<Output = gridwalk_core::Result<T>>,
{
    // Dropped with this future.
    let (_awaited, abandoned) = oneshot::channel::<()>();
    drive(|| async move {
        tokio::select! {
            done = work() => done,
            _ = abandoned => Err(Error::internal("abandoned")),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::mpsc;

    use super::*;
    use crate::error::GridwalkError;

    #[tokio::test]
    async fn a_panic_is_an_error_of_the_call() {
        let GridwalkError::Failed { code, .. } = hop(|| -> gridwalk_core::Result<()> { panic!("a clock that fails") }).await.unwrap_err();
        assert_eq!(code, "internal");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_abandoned_sync_ends_at_its_next_wait() {
        struct Ended(mpsc::Sender<()>);
        impl Drop for Ended {
            fn drop(&mut self) {
                self.0.send(()).ok();
            }
        }
        let (ended, end) = mpsc::channel();
        let (begun, beginning) = oneshot::channel();
        let call = tokio::spawn(drive_while_awaited(move || async move {
            let _ended = Ended(ended);
            begun.send(()).ok();
            pending::<gridwalk_core::Result<()>>().await
        }));
        beginning.await.unwrap();
        call.abort();
        tokio::task::spawn_blocking(move || end.recv().unwrap()).await.unwrap();
    }
}
