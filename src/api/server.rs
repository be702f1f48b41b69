//! Listens on the Unix socket. Who may open the socket may ask: its mode is the access control.

use std::fs;
use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Path as UrlPath, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use tokio::net::UnixListener;

use super::apply::ApplyRequest;
use super::error::ApiError;
use super::overrides::{OverrideOutcome, OverrideRequest};
use super::overview::Overview;
use super::peer::PeerUser;
use super::wire::{ProbeHistory, ReloadOutcome, Status, UnfreezeOutcome};

/// The socket is open to its owner and group.
const SOCKET_MODE: u32 = 0o660;

/// What the interface may ask of the daemon.
pub trait Control: Send + Sync + 'static {
    /// The daemon's state now.
    fn overview(&self) -> impl Future<Output = Result<Overview, ApiError>> + Send;
    /// Reloads the configuration; `force` skips the safety limits.
    fn reload(&self, force: bool) -> impl Future<Output = Result<ReloadOutcome, ApiError>> + Send;
    /// Lets verdicts move again that stand still.
    fn unfreeze(&self) -> impl Future<Output = Result<UnfreezeOutcome, ApiError>> + Send;
    /// Gives or lifts an order; the answer comes when it is kept.
    fn set_override(
        &self,
        request: OverrideRequest,
    ) -> impl Future<Output = Result<OverrideOutcome, ApiError>> + Send;
    /// Applies the configuration that lies beside that of the daemon.
    fn apply(
        &self,
        request: ApplyRequest,
    ) -> impl Future<Output = Result<ReloadOutcome, ApiError>> + Send;
    /// Ends a trial: the configuration on trial stays, or the previous one returns.
    fn end_trial(&self, stays: bool) -> impl Future<Output = Result<(), ApiError>> + Send;
}

/// A socket that is listened on; its file goes when it is dropped.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    file: SocketFile,
}

#[derive(Debug)]
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = fs::remove_file(&self.0);
    }
}

impl Listener {
    /// Makes the socket, its directory included; a file left behind by a daemon that died is replaced.
    ///
    /// # Errors
    /// When another daemon answers there, or the socket cannot be made.
    pub fn bind(path: &Path) -> Result<Self, ApiError> {
        let failed = |source| ApiError::Bind {
            path: path.to_owned(),
            source,
        };
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            return Err(ApiError::Occupied {
                path: path.to_owned(),
            });
        }
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(failed)?;
        }
        if path.symlink_metadata().is_ok() {
            fs::remove_file(path).map_err(failed)?;
        }
        let socket = UnixListener::bind(path).map_err(failed)?;
        fs::set_permissions(path, fs::Permissions::from_mode(SOCKET_MODE)).map_err(failed)?;
        Ok(Self {
            socket,
            file: SocketFile(path.to_owned()),
        })
    }

    /// ProbeHistory until the task is ended.
    pub async fn serve<C: Control>(self, control: Arc<C>) {
        let Self { socket, file } = self;
        let router = Router::new()
            .route("/v1/status", get(status::<C>))
            .route("/v1/reload", post(reload::<C>))
            .route("/v1/override", post(set_override::<C>))
            .route("/v1/apply", post(apply::<C>))
            .route("/v1/confirm", post(confirm::<C>))
            .route("/v1/rollback", post(roll_back::<C>))
            .route("/v1/unfreeze", post(unfreeze::<C>))
            .route("/v1/history/{listen}/{address}", get(history::<C>))
            .with_state(control);
        let router = router.into_make_service_with_connect_info::<PeerUser>();
        if let Err(error) = axum::serve(socket, router).await {
            tracing::error!(%error, "the control socket is closed");
        }
        drop(file);
    }
}

async fn status<C: Control>(State(control): State<Arc<C>>) -> Response {
    answer(
        control
            .overview()
            .await
            .map(|overview| Status::of(&overview)),
    )
}

async fn reload<C: Control>(State(control): State<Arc<C>>, RawQuery(query): RawQuery) -> Response {
    answer(control.reload(query.as_deref() == Some("force")).await)
}

async fn unfreeze<C: Control>(State(control): State<Arc<C>>) -> Response {
    answer(control.unfreeze().await)
}

async fn history<C: Control>(
    State(control): State<Arc<C>>,
    UrlPath((listen, address)): UrlPath<(String, String)>,
) -> Response {
    match control.overview().await {
        Ok(overview) => match ProbeHistory::of(&overview.snapshot, &listen, &address) {
            Some(history) => Json(history).into_response(),
            None => (StatusCode::NOT_FOUND, "no such real server").into_response(),
        },
        Err(error) => answer::<ProbeHistory>(Err(error)),
    }
}

async fn set_override<C: Control>(
    State(control): State<Arc<C>>,
    ConnectInfo(peer): ConnectInfo<PeerUser>,
    Json(mut request): Json<OverrideRequest>,
) -> Response {
    request.author = peer.author(&request.author).await;
    answer(control.set_override(request).await)
}

async fn apply<C: Control>(
    State(control): State<Arc<C>>,
    Json(request): Json<ApplyRequest>,
) -> Response {
    answer(control.apply(request).await)
}

async fn confirm<C: Control>(State(control): State<Arc<C>>) -> Response {
    answer(control.end_trial(true).await)
}

async fn roll_back<C: Control>(State(control): State<Arc<C>>) -> Response {
    answer(control.end_trial(false).await)
}

fn answer<T: serde::Serialize>(outcome: Result<T, ApiError>) -> Response {
    match outcome {
        Ok(body) => Json(body).into_response(),
        Err(ApiError::Refused(words)) => (StatusCode::UNPROCESSABLE_ENTITY, words).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    }
}
