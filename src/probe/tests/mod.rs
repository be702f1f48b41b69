//! Probes against servers on the loopback device that answer, or misbehave, exactly as a test says.

mod advice;
mod command;
mod connect;
mod content;
mod datagrams;
mod dialogue;
mod dns;
mod echo;
mod ftp;
mod grpc;
mod hostile;
mod http;
mod http2;
mod ldap;
mod lenient;
mod limits;
mod oracle;
mod origin;
mod ping;
mod protocol;
mod radius;
mod redirect;
mod sloppy;
mod sql;
mod sql_tls;
mod starttls;
mod tls;
mod tls_old;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use director_core::health::{Contact, Outcome, Report};
use director_core::model::{
    HttpProbe, HttpVersion, Pattern, Probe, ProbeKind, Redirects, RequestContent, StatusRange,
    TlsCheck, Verification,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{ProbeSettings, run};

/// Long enough for a loaded machine; no test waits for it to pass.
const AMPLE: Duration = Duration::from_secs(20);

/// The limit in tests that wait for it to pass.
const SHORT: Duration = Duration::from_millis(150);

/// A server that hands each connection to `handle`.
async fn serve<H, F>(handle: H) -> SocketAddr
where
    H: Fn(TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(handle(stream));
        }
    });
    address
}

/// The request heads that a server has seen.
type ReceivedRequest = Arc<Mutex<Vec<String>>>;

/// A server that gives `answer` to every request and closes.
async fn answering(answer: impl Into<Vec<u8>>) -> (SocketAddr, ReceivedRequest) {
    let seen = ReceivedRequest::default();
    let (answer, record) = (Arc::new(answer.into()), Arc::clone(&seen));
    let address = serve(move |mut stream| {
        let (answer, record) = (Arc::clone(&answer), Arc::clone(&record));
        async move {
            let head = read_head(&mut stream).await;
            record.lock().unwrap().push(head);
            send(&mut stream, &answer).await;
        }
    })
    .await;
    (address, seen)
}

/// Reads up to the empty line that ends a request.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// Sends and closes; a client that has heard enough may be gone.
async fn send(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) {
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
}

fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// `GET /` with the defaults of a definition that says no more.
fn get() -> HttpProbe {
    HttpProbe {
        tls: None,
        version: HttpVersion::One,
        method: "GET".to_owned(),
        target: "/".to_owned().into(),
        proxy: false,
        content: RequestContent::default(),
        virtual_host: None,
        status: vec![StatusRange::SUCCESS],
        body: None,
        md5: None,
        body_limit: 1024 * 1024,
        redirects: Redirects::Answer,
    }
}

/// `GET /` with an expectation of the body.
fn expecting(pattern: &str) -> HttpProbe {
    HttpProbe {
        body: Some(Pattern::parse(pattern).unwrap()),
        ..get()
    }
}

pub(super) fn probe(address: SocketAddr, kind: ProbeKind, timeout: Duration) -> Probe {
    Probe {
        kind: kind.into(),
        address: address.ip(),
        port: address.port(),
        timeout,
        vip_path: None,
        source: None,
        proxy_header: None,
    }
}

async fn report(address: SocketAddr, question: HttpProbe, timeout: Duration) -> Report {
    let probe = probe(address, ProbeKind::Http(question), timeout);
    run(&probe, &ProbeSettings::new()).await
}

/// The words of an answer that must be good.
async fn good(address: SocketAddr, question: HttpProbe) -> String {
    match report(address, question, AMPLE).await.outcome {
        Outcome::Good { detail } => detail,
        other => panic!("expected a good answer, got {other:?}"),
    }
}

/// The reason of a failure that must be one.
async fn failure(address: SocketAddr, question: HttpProbe) -> String {
    failed(report(address, question, AMPLE).await)
}

fn failed(report: Report) -> String {
    match report.outcome {
        Outcome::Failed { reason } => reason,
        other => panic!("expected a failure, got {other:?}"),
    }
}

/// A question that the server must not answer within the short limit.
async fn assert_silent(address: SocketAddr, question: HttpProbe) {
    let report = report(address, question, SHORT).await;
    assert!(report.took >= SHORT, "{report:?}");
    assert_eq!(failed(report), "no answer within 150 ms");
}
