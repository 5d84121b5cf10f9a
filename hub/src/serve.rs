//! Serving: HTTP or HTTPS, folding in the background, a graceful stop.

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;

use crate::admin;
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant, tenants};
use crate::photos;
use crate::routes::router;
use crate::sync::{bound_what_came_ahead, fold};

/// How long a stop waits for requests under way.
const GRACE: Duration = Duration::from_secs(20);

/// Serves until `stop` resolves; `listening` hears the address. With certificate and key (PEM) it speaks TLS.
pub async fn serve(
    hub: Hub,
    listen: SocketAddr,
    tls: Option<(PathBuf, PathBuf)>,
    listening: impl FnOnce(String),
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let listener = TcpListener::bind(listen)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let handle = Handle::new();
    let stopping = handle.clone();
    let folding = tokio::spawn(keep_folding(hub.clone()));
    tokio::spawn(async move {
        stop.await;
        tracing::info!("stopping");
        stopping.graceful_shutdown(Some(GRACE));
    });
    let app = router(hub.clone()).into_make_service_with_connect_info::<SocketAddr>();
    match tls {
        Some((cert, key)) => {
            drop(rustls::crypto::ring::default_provider().install_default());
            let config = RustlsConfig::from_pem_file(cert, key)
                .await
                .map_err(|e| HubError::usage(format!("证书或私钥无效：{e}"), "the certificate or key is not valid"))?;
            listening(format!("https://{address}"));
            axum_server::from_tcp_rustls(listener, config)?.handle(handle).serve(app).await?;
        }
        None => {
            listening(format!("http://{address}"));
            axum_server::from_tcp(listener)?.handle(handle).serve(app).await?;
        }
    }
    folding.abort();
    hub.store.close().await;
    Ok(())
}

/// Resolves when the process is asked to end.
pub async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(e) => {
            tracing::error!(error = %e, "signals");
            std::future::pending::<()>().await;
        }
    }
}

/// Folds old changes and drops what was kept long enough, a few documents at a time, so that nobody waits for it; removes
/// files that no photo names.
async fn keep_folding(hub: Hub) {
    loop {
        let result = match fold_once(&hub).await {
            Ok(folded) => {
                hub.metrics.folded.inc_by(folded);
                "ok"
            }
            Err(e) => {
                tracing::error!(error = %e, "fold");
                "error"
            }
        };
        hub.metrics.folds.with_label_values(&[result]).inc();
        tokio::time::sleep(Duration::from_secs(3600)).await;
    }
}

/// Folds the old changes of all communities. Returns how many documents were folded.
async fn fold_once(hub: &Hub) -> Result<u64> {
    hub.read_clock().await?;
    let ids = {
        let mut read = hub.store.read().await?;
        tenants(&mut read).await?
    };
    let was_ahead = hub.confirmed.was_ahead();
    let mut folded = 0;
    for id in ids {
        let tenant = {
            let mut read = hub.store.read().await?;
            Tenant::find(&mut read, &id).await?
        };
        let Some(tenant) = tenant else { continue };
        if was_ahead {
            bound_what_came_ahead(hub, &tenant).await?;
        }
        folded += fold::fold(hub, &tenant, hub.now() - fold::FOLD_AFTER_SECONDS).await?;
        admin::apply_daily(hub, &tenant).await?;
        // A store of photos that does not answer keeps nothing else from being done.
        if let Err(e) = photos::sweep(hub, &tenant).await {
            tracing::error!(error = %e, "photos");
        }
    }
    if was_ahead {
        hub.confirmed.bounded(&hub.store, hub.reading()).await?;
    }
    // What someone's reading kept an erasure from.
    admin::scrub(hub).await?;
    Ok(folded)
}
