//! The hub's HTTP interface: sync and enrolment in the protocol's words, health, and the first page.

use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use gridwalk_core::identity::SignedHead;
use gridwalk_core::sync::protocol::{ENROL_PATH, MAX_BODY, RefusalCode, RefusedRequest, SYNC_PATH, encode};

use crate::desk;
use crate::error::{HubError, Result};
use crate::hub::Hub;
use crate::sync::{handle_enrol, handle_sync};

/// All routes of the hub.
pub fn router(hub: Hub) -> Router {
    Router::new()
        .route(SYNC_PATH, post(sync))
        .route(ENROL_PATH, post(enrol))
        .route("/health", get(health))
        .route("/", get(desk::first_page))
        .layer(DefaultBodyLimit::disable())
        .with_state(hub)
}

async fn sync(State(hub): State<Hub>, headers: HeaderMap, body: axum::body::Body) -> Response {
    let started = Instant::now();
    let result = match read(&headers, body).await {
        Ok((head, bytes)) => handle_sync(&hub, &head, &bytes).await.inspect(|reply| {
            tracing::info!(device = %head.device, bytes_in = bytes.len(), bytes_out = reply.len(), ms = started.elapsed().as_millis(), "sync");
        }),
        Err(e) => Err(e),
    };
    answer(&hub, result)
}

async fn enrol(State(hub): State<Hub>, headers: HeaderMap, body: axum::body::Body) -> Response {
    let result = match read(&headers, body).await {
        Ok((head, bytes)) => handle_enrol(&hub, &head, &bytes).await,
        Err(e) => Err(e),
    };
    answer(&hub, result)
}

async fn read(headers: &HeaderMap, body: axum::body::Body) -> Result<(SignedHead, Bytes)> {
    let head = SignedHead::parse(|name| headers.get(name).and_then(|v| v.to_str().ok())).map_err(|_| HubError::Refused(RefusalCode::Malformed))?;
    let bytes = axum::body::to_bytes(body, MAX_BODY).await.map_err(|_| HubError::Refused(RefusalCode::TooBig))?;
    Ok((head, bytes))
}

/// The one place that turns errors into answers and logs them.
fn answer(hub: &Hub, result: Result<Vec<u8>>) -> Response {
    let code = match result {
        Ok(bytes) => return bytes.into_response(),
        Err(HubError::Refused(code)) => {
            tracing::info!(refused = code.name(), "request");
            code
        }
        Err(e) => {
            tracing::error!(error = %e, "request");
            RefusalCode::Busy
        }
    };
    let status = match code {
        RefusalCode::Malformed | RefusalCode::Version => StatusCode::BAD_REQUEST,
        RefusalCode::TooBig => StatusCode::PAYLOAD_TOO_LARGE,
        RefusalCode::UnknownDevice | RefusalCode::Revoked | RefusalCode::Signature | RefusalCode::Clock | RefusalCode::Code => StatusCode::FORBIDDEN,
        RefusalCode::Replayed => StatusCode::CONFLICT,
        RefusalCode::Busy => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, encode(&RefusedRequest { code, hub_time: hub.now() })).into_response()
}

/// Says whether the hub can answer: the database opens and reads.
async fn health(State(hub): State<Hub>) -> Response {
    match hub.store.read().await {
        Ok(_) => (StatusCode::OK, "ok\n").into_response(),
        Err(e) => {
            tracing::error!(error = %e, "health");
            (StatusCode::SERVICE_UNAVAILABLE, "database\n").into_response()
        }
    }
}
