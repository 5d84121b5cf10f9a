//! The hub's first page: the community at a glance, counts only, nothing about any one person.

mod figures;
mod page;

pub use figures::{Figures, figures};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::hub::Hub;

/// Returns the first page.
pub async fn first_page(State(hub): State<Hub>) -> Response {
    match figures(&hub).await {
        Ok(figures) => Html(page::page(&figures).into_string()).into_response(),
        Err(e) => {
            tracing::error!(error = %e, "first page");
            (StatusCode::SERVICE_UNAVAILABLE, "服务器正忙，请稍后再试 / the hub is busy; try again later\n").into_response()
        }
    }
}
