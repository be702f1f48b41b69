//! The socket under clients that are silent, slow, many or wrong.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use director_core::director::Director;
use director_core::moment::Moment;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, timeout};

use super::answers::Answers;
use super::apply::ApplyRequest;
use super::events::EventJournal;
use super::overrides::{OverrideOutcome, OverrideRequest};
use super::takeover::{TakeOverOutcome, TakeOverRequest};
use super::wire::UnfreezeOutcome;
use super::{ApiError, Client, Control, Listener, Overview, PageListener, ReloadOutcome};

/// Long enough for a loaded machine; no test waits for it to pass.
const AMPLE: Duration = Duration::from_secs(20);

/// A daemon that has nothing to do.
#[derive(Default)]
struct Idle {
    overviews: AtomicUsize,
    overrides: AtomicUsize,
    events: EventJournal,
    /// Never gets ready.
    stuck: bool,
}

impl Control for Idle {
    fn events(&self) -> &EventJournal {
        &self.events
    }

    async fn overview(&self) -> Result<Overview, ApiError> {
        self.overviews.fetch_add(1, Ordering::Relaxed);
        if self.stuck {
            std::future::pending::<()>().await;
        }
        // Long enough for other clients to come.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let snapshot = Director::new().snapshot(Moment::START);
        Ok(Overview::of(snapshot, "x".repeat(1 << 20).into()))
    }

    async fn reload(&self, _force: bool) -> Result<ReloadOutcome, ApiError> {
        Err(ApiError::Refused("no".to_owned()))
    }

    async fn take_over(&self, _: TakeOverRequest) -> Result<TakeOverOutcome, ApiError> {
        Err(ApiError::Refused("not observing".to_owned()))
    }

    async fn unfreeze(&self) -> Result<UnfreezeOutcome, ApiError> {
        Ok(UnfreezeOutcome { was_frozen: false })
    }

    async fn set_override(&self, request: OverrideRequest) -> Result<OverrideOutcome, ApiError> {
        self.overrides.fetch_add(1, Ordering::Relaxed);
        Err(ApiError::Refused(request.reason))
    }

    async fn apply(&self, _request: ApplyRequest) -> Result<ReloadOutcome, ApiError> {
        Err(ApiError::Refused("no".to_owned()))
    }

    async fn end_trial(&self, _stays: bool) -> Result<(), ApiError> {
        Ok(())
    }
}

struct Served {
    directory: tempfile::TempDir,
    control: Arc<Idle>,
}

impl Served {
    fn new(control: Idle) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let control = Arc::new(control);
        let listener = Listener::bind(&directory.path().join("s.sock"), 1024).unwrap();
        tokio::spawn(listener.serve(Arc::clone(&control)));
        Self { directory, control }
    }

    fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("s.sock")
    }

    fn client(&self) -> Client {
        Client::new(&self.path()).within(AMPLE)
    }
}

async fn send(path: &Path, request: &str) -> UnixStream {
    let mut stream = UnixStream::connect(path).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// All that comes until the daemon closes the connection.
async fn all(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    // What is cut off may be reset.
    let _ = timeout(AMPLE, stream.read_to_end(&mut bytes))
        .await
        .unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn silent_clients_keep_none_from_the_status() {
    let served = Served::new(Idle::default());
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(send(&served.path(), "GET /v1/status HTTP/1.1\r\nHo").await);
    }
    served.client().status().await.unwrap();
    // Most of them had to make room, and the rest has run out of time.
    let began = Instant::now();
    for stream in &mut idle {
        assert_eq!(all(stream).await, "");
    }
    assert!(began.elapsed() < AMPLE);
    served.client().status().await.unwrap();
}

#[tokio::test]
async fn silent_clients_by_tcp_keep_none_from_the_metrics() {
    let listener = PageListener::bind("127.0.0.1:0".parse().unwrap(), 1024).unwrap();
    let address = listener.address();
    let serving = tokio::spawn(listener.serve(Arc::new(Idle::default())));
    let mut idle = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nHo")
            .await
            .unwrap();
        idle.push(stream);
    }
    let mut scraper = TcpStream::connect(address).await.unwrap();
    let request = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    scraper.write_all(request).await.unwrap();
    let answer = all(&mut scraper).await;
    assert!(answer.contains("content-type: text/plain; version=0.0.4"));
    assert!(answer.contains("\nipvsd_build_info{version="), "{answer}");
    // Those that had to make room.
    for stream in &mut idle[..80] {
        assert_eq!(all(stream).await, "");
    }
    serving.abort();
}

#[tokio::test]
async fn half_a_body_is_given_up_and_a_large_one_refused() {
    let served = Served::new(Idle::default());
    let head = "POST /v1/override HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ";
    let mut half = send(&served.path(), &format!("{head}100\r\n\r\n{{")).await;
    let mut large = send(&served.path(), &format!("{head}1000000000\r\n\r\n{{")).await;
    large.write_all(&vec![b'x'; 70_000]).await.unwrap();
    assert!(all(&mut large).await.starts_with("HTTP/1.1 413"));
    let began = Instant::now();
    // Nothing, or that the request had no end.
    let answer = all(&mut half).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
        "{answer}"
    );
    assert!(began.elapsed() < AMPLE);
    let overrides = || served.control.overrides.load(Ordering::Relaxed);
    assert_eq!(overrides(), 0, "of half a request");
    // A whole one reaches the daemon.
    let body = r#"{"kind": "drain", "server": "10.0.0.1", "reason": "x"}"#;
    let whole = format!("{head}{}\r\nConnection: close\r\n\r\n{body}", body.len());
    let answer = all(&mut send(&served.path(), &whole).await).await;
    assert_eq!(overrides(), 1, "{answer}");
    let mut endless = UnixStream::connect(served.path()).await.unwrap();
    let line = format!("X-a: {}\r\n", "b".repeat(1000));
    let _ = endless.write_all(b"GET /v1/status HTTP/1.1\r\n").await;
    let mut sent = 0;
    while endless.write_all(line.as_bytes()).await.is_ok() {
        sent += line.len();
        assert!(sent < 4 << 20, "a head without end is read");
    }
}

#[tokio::test]
async fn many_clients_share_one_answer() {
    let served = Served::new(Idle::default());
    let request = "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut readers = Vec::new();
    for _ in 0..30 {
        readers.push(send(&served.path(), request).await);
    }
    for reader in &mut readers {
        let answer = all(reader).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.len() > 1 << 20);
    }
    let overviews = served.control.overviews.load(Ordering::Relaxed);
    assert!(overviews <= 10, "{overviews} for 30 clients");
}

#[tokio::test]
async fn clients_by_tcp_leave_most_of_its_time_to_the_event_loop() {
    let control = Arc::new(Idle::default());
    let answers = Answers::sparing(Arc::clone(&control));
    let began = Instant::now();
    for _ in 0..3 {
        answers.overview().await.unwrap();
    }
    // Each took 20 ms.
    assert!(began.elapsed() >= Duration::from_millis(2 * 200));
    assert_eq!(control.overviews.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_client_gets_the_state_of_after_its_request() {
    let served = Served::new(Idle::default());
    for before in 0..3 {
        assert_eq!(served.control.overviews.load(Ordering::Relaxed), before);
        served.client().status().await.unwrap();
    }
}

#[tokio::test]
async fn wrong_values_are_refused_with_the_reason() {
    let served = Served::new(Idle::default());
    let request = |seconds, reason: &str| OverrideRequest {
        kind: None,
        service: None,
        server: "10.0.0.1".to_owned(),
        author: String::new(),
        reason: reason.to_owned(),
        duration_seconds: Some(seconds),
        force: false,
        replace: false,
    };
    let client = served.client();
    let refused = client.set_override(&request(-1.0, "")).await.unwrap_err();
    assert!(refused.to_string().starts_with("duration_seconds is -1"));
    let refused = client.set_override(&request(1.0, "a\nb")).await;
    assert_eq!(refused.unwrap_err().to_string(), "a\\nb");
    let apply = ApplyRequest {
        confirm_seconds: Some(1e300),
        force: false,
    };
    let refused = client.apply(&apply).await.unwrap_err();
    assert!(refused.to_string().starts_with("confirm_seconds is"));
}

#[tokio::test]
async fn a_daemon_that_does_not_answer_is_named_within_the_limit() {
    let served = Served::new(Idle {
        stuck: true,
        ..Idle::default()
    });
    let client = served.client().within(Duration::from_millis(100));
    let silent = client.status().await.unwrap_err().to_string();
    assert!(silent.contains("did not answer within 0 s"), "{silent}");
    assert!(!silent.contains("whether the change was made"));
    // One that accepts no clients at all is no different.
    let path = served.directory.path().join("deaf.sock");
    let _deaf = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let client = Client::new(&path).within(Duration::from_millis(100));
    let silent = client.unfreeze().await.unwrap_err().to_string();
    assert!(silent.contains("whether the change was made"), "{silent}");
}

#[tokio::test]
async fn a_socket_that_was_removed_returns() {
    let served = Served::new(Idle::default());
    served.client().status().await.unwrap();
    std::fs::remove_file(served.path()).unwrap();
    let limit = Instant::now() + AMPLE;
    while served.client().status().await.is_err() {
        assert!(Instant::now() < limit, "the socket has not returned");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
