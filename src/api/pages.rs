//! Pages that show and change nothing: metrics and health, for monitoring systems, routers and scripts. They are on the control
//! socket, and alone on the TCP address of `director.metrics`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tokio::time::timeout;

use super::answers::{Answers, SharedOverview};
use super::connection;
use super::control::Control;
use super::digest::SiteDigest;
use super::health::{self, Page};
use super::metrics::CONTENT_TYPE;

/// How long the event loop may take for its state.
const LOOP_LIMIT: Duration = Duration::from_secs(5);

pub(super) fn pages<C: Control>() -> Router<Arc<Answers<C>>> {
    Router::new()
        .route("/metrics", get(metrics::<C>))
        .route("/digest", get(digest::<C>))
        .route("/health/live", get(live::<C>))
        .route("/health/ready", get(ready::<C>))
        .route("/health/service/{name}", get(service::<C>))
}

type Shared<C> = State<Arc<Answers<C>>>;

async fn metrics<C: Control>(State(answers): Shared<C>) -> Response {
    let state = match state(&answers).await {
        Ok(state) => state,
        Err(page) => return page.into_response(),
    };
    match state.metrics().await {
        Ok((number, text)) => connection::shared(number, CONTENT_TYPE, text),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

/// What another director compares with its own state; with `?servers` all of it.
async fn digest<C: Control>(State(answers): Shared<C>, RawQuery(query): RawQuery) -> Response {
    match state(&answers).await {
        Ok(state) => {
            let with_servers = query.as_deref() == Some("servers");
            Json(SiteDigest::of(&state.overview.snapshot, with_servers)).into_response()
        }
        Err(page) => page.into_response(),
    }
}

async fn live<C: Control>(State(answers): Shared<C>) -> Page {
    match state(&answers).await {
        Ok(_) => health::page(StatusCode::OK, "live"),
        Err(page) => page,
    }
}

async fn ready<C: Control>(State(answers): Shared<C>) -> Page {
    match state(&answers).await {
        Ok(state) => health::ready(&state.overview),
        Err(page) => page,
    }
}

async fn service<C: Control>(State(answers): Shared<C>, Path(name): Path<String>) -> Page {
    let state = match state(&answers).await {
        Ok(state) => state,
        Err(page) => return page,
    };
    health::service(&state.overview, &name)
        .unwrap_or_else(|| health::page(StatusCode::NOT_FOUND, &format!("no service {name:?}")))
}

/// The daemon's state, or the page that says why there is none.
async fn state<C: Control>(answers: &Answers<C>) -> Result<Arc<SharedOverview>, Page> {
    let why = match timeout(LOOP_LIMIT, answers.overview()).await {
        Ok(Ok(state)) => return Ok(state),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!(
            "the event loop did not answer within {} s",
            LOOP_LIMIT.as_secs()
        ),
    };
    Err(health::page(StatusCode::SERVICE_UNAVAILABLE, &why))
}
