//! The hub's HTTP interface: sync and enrolment in the protocol's words, health, and the first page.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use gridwalk_core::identity::SignedHead;
use gridwalk_core::sync::protocol::{ENROL_PATH, MAX_BODY, PHOTOS_PATH, RefusalCode, RefusedRequest, SYNC_PATH, encode};
use tokio::sync::SemaphorePermit;

use crate::desk;
use crate::error::{HubError, Result};
use crate::hub::Hub;
use crate::photos::handle_photos;
use crate::sync::{handle_enrol, handle_sync};

/// All routes of the hub.
pub fn router(hub: Hub) -> Router {
    Router::new()
        .route(SYNC_PATH, post(sync))
        .route(ENROL_PATH, post(enrol))
        .route(PHOTOS_PATH, post(photos))
        .route("/health", get(health))
        .route("/", get(desk::first_page))
        .layer(DefaultBodyLimit::disable())
        .with_state(hub)
}

async fn sync(State(hub): State<Hub>, ConnectInfo(peer): ConnectInfo<SocketAddr>, headers: HeaderMap, body: Body) -> Response {
    let started = Instant::now();
    let result = async {
        let came = read(&hub, peer, &headers, body).await?;
        let reply = handle_sync(&hub, &came.head, &came.body).await?;
        let ms = started.elapsed().as_millis();
        tracing::info!(device = %came.head.device, bytes_in = came.body.len(), bytes_out = reply.len(), ms, "sync");
        Ok(reply)
    };
    let result = result.await;
    answer(&hub, "sync", peer, &headers, started, result)
}

async fn photos(State(hub): State<Hub>, ConnectInfo(peer): ConnectInfo<SocketAddr>, headers: HeaderMap, body: Body) -> Response {
    let started = Instant::now();
    let result = async {
        let came = read(&hub, peer, &headers, body).await?;
        let reply = handle_photos(&hub, &came.head, &came.body).await?;
        let ms = started.elapsed().as_millis();
        tracing::info!(device = %came.head.device, bytes_in = came.body.len(), bytes_out = reply.len(), ms, "photos");
        Ok(reply)
    };
    let result = result.await;
    answer(&hub, "photos", peer, &headers, started, result)
}

async fn enrol(State(hub): State<Hub>, ConnectInfo(peer): ConnectInfo<SocketAddr>, headers: HeaderMap, body: Body) -> Response {
    let started = Instant::now();
    let result = async {
        let came = read(&hub, peer, &headers, body).await?;
        handle_enrol(&hub, &came.head, &came.body).await
    };
    let result = result.await;
    answer(&hub, "enrol", peer, &headers, started, result)
}

/// A request that was read, with its place among those that are read and answered at a time.
struct Came<'a> {
    head: SignedHead,
    body: Bytes,
    _turn: SemaphorePermit<'a>,
}

async fn read<'a>(hub: &'a Hub, peer: SocketAddr, headers: &HeaderMap, body: Body) -> Result<Came<'a>> {
    hub.gate.may_try(subscriber(hub, peer, headers), hub.now())?;
    let head = SignedHead::parse(|name| headers.get(name).and_then(|v| v.to_str().ok())).map_err(|_| HubError::Refused(RefusalCode::Malformed))?;
    let size = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok());
    if size.is_some_and(|size: usize| size > MAX_BODY) {
        return Err(HubError::Refused(RefusalCode::TooBig));
    }
    let (turn, patience) = hub.gate.reading(size).await?;
    let read = tokio::time::timeout(patience, axum::body::to_bytes(body, MAX_BODY)).await.map_err(|_| HubError::Refused(RefusalCode::Busy))?;
    let body = read.map_err(|_| HubError::Refused(RefusalCode::TooBig))?;
    hub.metrics.bytes.with_label_values(&["in"]).inc_by(body.len() as u64);
    Ok(Came { head, body, _turn: turn })
}

/// Whom failures count against.
fn subscriber(hub: &Hub, peer: SocketAddr, headers: &HeaderMap) -> Option<IpAddr> {
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back().and_then(|v| v.to_str().ok());
    hub.gate.peer(Some(peer.ip()), forwarded)
}

/// The one place that turns errors into answers, counts and logs them.
fn answer(hub: &Hub, route: &str, peer: SocketAddr, headers: &HeaderMap, started: Instant, result: Result<Vec<u8>>) -> Response {
    let result = result.map_err(|e| match e {
        HubError::Refused(code) => {
            tracing::info!(refused = code.name(), "request");
            code
        }
        e => {
            tracing::error!(error = %e, "request");
            RefusalCode::Busy
        }
    });
    hub.metrics.seconds.with_label_values(&[route]).observe(started.elapsed().as_secs_f64());
    hub.metrics.requests.with_label_values(&[route, result.as_ref().map_or_else(|code| code.name(), |_| "ok")]).inc();
    let code = match result {
        Ok(bytes) => {
            hub.metrics.bytes.with_label_values(&["out"]).inc_by(bytes.len() as u64);
            return bytes.into_response();
        }
        Err(code) => code,
    };
    // What no enrolled device signed, or a guessed code.
    if matches!(code, RefusalCode::Malformed | RefusalCode::UnknownDevice | RefusalCode::Signature | RefusalCode::Code) {
        hub.gate.failed(subscriber(hub, peer, headers), hub.now());
    }
    let status = match code {
        RefusalCode::Malformed | RefusalCode::Version => StatusCode::BAD_REQUEST,
        RefusalCode::TooBig => StatusCode::PAYLOAD_TOO_LARGE,
        RefusalCode::UnknownDevice | RefusalCode::Revoked | RefusalCode::Signature | RefusalCode::Clock | RefusalCode::Code => StatusCode::FORBIDDEN,
        RefusalCode::Replayed => StatusCode::CONFLICT,
        RefusalCode::Busy => StatusCode::SERVICE_UNAVAILABLE,
        RefusalCode::TooMany => StatusCode::TOO_MANY_REQUESTS,
    };
    let refusal = encode(&RefusedRequest { code, hub_time: hub.now() });
    match code {
        RefusalCode::TooMany => (status, [(header::RETRY_AFTER, "60")], refusal).into_response(),
        _ => (status, refusal).into_response(),
    }
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
