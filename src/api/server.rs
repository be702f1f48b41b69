//! Listens on the Unix socket. Who may open the socket may ask: its mode is the access control.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, Path as UrlPath, Query, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::answers::Answers;
use super::apply::ApplyRequest;
use super::clients::Clients;
use super::connection;
use super::control::Control;
use super::error::ApiError;
use super::event_stream;
use super::limited_warnings::LimitedWarnings;
use super::overrides::OverrideRequest;
use super::pages::pages;
use super::peer::PeerUser;
use super::socket_file::SocketFile;
use super::takeover::{LONGEST_WAIT_SECONDS, TakeOverRequest};
use super::wire::ProbeHistory;

/// Time between two looks at the file of the socket.
const FILE_CHECK: Duration = Duration::from_secs(2);
/// Pause after a client could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A socket that is listened on; its file goes when it is dropped.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    file: SocketFile,
    clients: Clients,
    warnings: LimitedWarnings,
}

impl Listener {
    /// Makes the socket, its directory included; a socket left behind by a daemon that died is replaced. How many clients there
    /// may be follows from how many files this process may open.
    ///
    /// # Errors
    /// When another daemon answers there, or the socket cannot be made.
    pub fn bind(path: &Path, open_files: u64) -> Result<Self, ApiError> {
        let (socket, file) = SocketFile::bind(path)?;
        Ok(Self {
            socket,
            file,
            clients: Clients::within(open_files),
            warnings: LimitedWarnings::default(),
        })
    }

    /// Answers until the task is ended.
    pub async fn serve<C: Control>(mut self, control: Arc<C>) {
        let router = router(control);
        let mut look = interval(FILE_CHECK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, _)) => self.welcome(stream, &router),
                    Err(error) => {
                        self.warn(&format!("cannot accept clients: {error}"));
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
                _ = look.tick() => self.look_at_file(),
            }
        }
    }

    fn welcome(&mut self, stream: UnixStream, router: &Router) {
        let peer = PeerUser::of(&stream);
        match self.clients.admit(peer.rank()) {
            Some(place) => {
                let router = router.clone();
                tokio::spawn(connection::serve(stream, peer, place, router));
            }
            None => {
                self.warn("too many clients, refusing new ones");
                // It may be gone already.
                let _ = connection::refuse(&stream);
            }
        }
    }

    /// Creates the file of the socket again when it has gone: without it no client finds the daemon.
    fn look_at_file(&mut self) {
        match self.file.bind_again() {
            None => {}
            Some(Ok((socket, file))) => {
                tracing::warn!(
                    "control socket {} was removed; created it again",
                    file.path().display()
                );
                self.socket = socket;
                self.file = file;
            }
            Some(Err(error)) => self.warn(&format!(
                "it was removed and cannot be created again: {error}"
            )),
        }
    }

    fn warn(&mut self, what: &str) {
        let path = self.file.path().display();
        self.warnings
            .warn(&format!("control socket {path}: {what}"));
    }
}

fn router<C: Control>(control: Arc<C>) -> Router {
    Router::new()
        .route("/v1/status", get(status::<C>))
        .route("/v1/events", get(events::<C>))
        .route("/v1/reload", post(reload::<C>))
        .route("/v1/override", post(set_override::<C>))
        .route("/v1/apply", post(apply::<C>))
        .route("/v1/confirm", post(confirm::<C>))
        .route("/v1/rollback", post(roll_back::<C>))
        .route("/v1/unfreeze", post(unfreeze::<C>))
        .route("/v1/takeover", post(take_over::<C>))
        .route("/v1/history/{listen}/{address}", get(history::<C>))
        .merge(pages())
        .with_state(Arc::new(Answers::new(control)))
}

type Shared<C> = State<Arc<Answers<C>>>;

async fn status<C: Control>(State(answers): Shared<C>) -> Response {
    let status = async { answers.overview().await?.status().await };
    match status.await {
        Ok((number, text)) => connection::shared(number, "application/json", text),
        Err(error) => answer::<()>(Err(error)),
    }
}

/// Which events a client wants.
#[derive(Debug, Deserialize)]
struct EventQuery {
    /// Those after this one; all that are kept where none is given.
    after: Option<u64>,
    /// Seconds to wait for the first of them.
    #[serde(default)]
    wait: u64,
}

async fn events<C: Control>(
    State(answers): Shared<C>,
    Query(query): Query<EventQuery>,
    headers: HeaderMap,
) -> Response {
    if event_stream::is_wanted(&headers) {
        let after = event_stream::last_event_id(&headers).or(query.after);
        return event_stream::stream(answers.control.events().clone(), after);
    }
    let wait = Duration::from_secs(query.wait);
    Json(answers.control.events().after(query.after, wait).await).into_response()
}

async fn reload<C: Control>(State(answers): Shared<C>, RawQuery(query): RawQuery) -> Response {
    answer(
        answers
            .control
            .reload(query.as_deref() == Some("force"))
            .await,
    )
}

async fn unfreeze<C: Control>(State(answers): Shared<C>) -> Response {
    answer(answers.control.unfreeze().await)
}

async fn take_over<C: Control>(
    State(answers): Shared<C>,
    Json(request): Json<TakeOverRequest>,
) -> Response {
    let request = TakeOverRequest {
        wait_seconds: request.wait_seconds.min(LONGEST_WAIT_SECONDS),
        ..request
    };
    answer(answers.control.take_over(request).await)
}

async fn history<C: Control>(
    State(answers): Shared<C>,
    UrlPath((listen, address)): UrlPath<(String, String)>,
) -> Response {
    match answers.overview().await {
        Ok(shared) => match ProbeHistory::of(&shared.overview.snapshot, &listen, &address) {
            Some(history) => Json(history).into_response(),
            None => (StatusCode::NOT_FOUND, "no such real server").into_response(),
        },
        Err(error) => answer::<ProbeHistory>(Err(error)),
    }
}

async fn set_override<C: Control>(
    State(answers): Shared<C>,
    Extension(peer): Extension<PeerUser>,
    Json(request): Json<OverrideRequest>,
) -> Response {
    let mut request = match request.checked() {
        Ok(request) => request,
        Err(words) => return answer::<()>(Err(ApiError::Refused(words))),
    };
    request.author = peer.author(&request.author).await;
    answer(answers.control.set_override(request).await)
}

async fn apply<C: Control>(
    State(answers): Shared<C>,
    Json(request): Json<ApplyRequest>,
) -> Response {
    match request.checked() {
        Ok(request) => answer(answers.control.apply(request).await),
        Err(words) => answer::<()>(Err(ApiError::Refused(words))),
    }
}

async fn confirm<C: Control>(State(answers): Shared<C>) -> Response {
    answer(answers.control.end_trial(true).await)
}

async fn roll_back<C: Control>(State(answers): Shared<C>) -> Response {
    answer(answers.control.end_trial(false).await)
}

fn answer<T: serde::Serialize>(outcome: Result<T, ApiError>) -> Response {
    match outcome {
        Ok(body) => Json(body).into_response(),
        Err(ApiError::Refused(words)) => (StatusCode::UNPROCESSABLE_ENTITY, words).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    }
}
