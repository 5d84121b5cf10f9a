//! Serving a hub's metrics to Prometheus, on a listener of its own.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::error::{HubError, Result};
use crate::hub::Hub;
use crate::store::all;

/// Serves `GET /metrics` at `address` beside the hub, until the process ends. Returns the address it listens at.
pub async fn serve_metrics(hub: Hub, address: SocketAddr) -> Result<SocketAddr> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let app = Router::new().route("/metrics", get(show)).with_state(hub);
    tokio::spawn(async move {
        if let Err(e) = axum::serve(listener, app).await {
            tracing::error!(error = %e, "metrics");
        }
    });
    Ok(address)
}

async fn show(State(hub): State<Hub>) -> Response {
    let text = match gauges(&hub).await {
        Ok(()) => hub.metrics.text().map_err(|e| HubError::Usage(e.to_string())),
        Err(e) => Err(e),
    };
    match text {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(e) => {
            tracing::error!(error = %e, "metrics");
            (StatusCode::SERVICE_UNAVAILABLE, "database\n").into_response()
        }
    }
}

/// What is not counted but looked up.
async fn gauges(hub: &Hub) -> Result<()> {
    hub.metrics.epoch.set(hub.store.epoch.cast_signed());
    let mut read = hub.store.read().await?;
    for row in all(&mut read, "SELECT tenant_id, number FROM tenants ORDER BY tenant_id", vec![]).await? {
        hub.metrics.numbers.with_label_values(&[row.get::<String>(0)?]).set(row.get(1)?);
    }
    Ok(())
}
