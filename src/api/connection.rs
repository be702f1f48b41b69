//! One client: one request of limited size, one answer, each within its time.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::answers;
use super::clients::{AnswerSize, ClientPlace};
use super::peer::PeerUser;

/// Bytes of the largest head of a request.
const HEAD_LIMIT: usize = 16 << 10;
/// Bytes of the largest body of a request.
const BODY_LIMIT: usize = 64 << 10;
const TOO_MANY: &str = "too many clients\n";

/// The connection of a client: by the control socket or by TCP.
pub(super) trait ClientStream: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    fn try_read(&self, bytes: &mut [u8]) -> io::Result<usize>;
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize>;
}

impl ClientStream for UnixStream {
    fn try_read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        Self::try_read(self, bytes)
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        Self::try_write(self, bytes)
    }
}

impl ClientStream for TcpStream {
    fn try_read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        Self::try_read(self, bytes)
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        Self::try_write(self, bytes)
    }
}

/// Serves one client until it has its answer, or its time is over.
pub(super) async fn serve(
    stream: impl ClientStream,
    peer: PeerUser,
    place: ClientPlace,
    router: Router,
) {
    let place = Arc::new(place);
    let serve = |request| answer(request, peer, Arc::clone(&place), router.clone());
    let connection = http1::Builder::new()
        .keep_alive(false)
        .header_read_timeout(None)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), service_fn(serve));
    tokio::select! {
        // A client may leave at any time.
        _ = connection => {}
        () = place.over() => {}
    }
}

/// Turns a client away. It may not have sent its request yet.
pub(super) fn refuse(stream: &impl ClientStream) -> io::Result<()> {
    let length = TOO_MANY.len();
    let answer = format!(
        "HTTP/1.1 429 Too Many Requests\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{TOO_MANY}"
    );
    // What a client has sent already would make its kernel drop the answer.
    let mut request = [0; 4096];
    let _ = stream.try_read(&mut request);
    stream.try_write(answer.as_bytes()).map(drop)
}

async fn answer(
    request: Request<Incoming>,
    peer: PeerUser,
    place: Arc<ClientPlace>,
    router: Router,
) -> Result<Response, Infallible> {
    let (mut head, body) = request.into_parts();
    let response = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => {
            place.working();
            head.extensions.insert(peer);
            let request = Request::from_parts(head, Body::from(body.to_bytes()));
            TowerToHyperService::new(router).call(request).await?
        }
        Err(_) => {
            let words = format!("the request has more than {BODY_LIMIT} bytes");
            (StatusCode::PAYLOAD_TOO_LARGE, words).into_response()
        }
    };
    place.reading(size(&response));
    Ok(response)
}

/// How large an answer is, and whether others share it.
fn size(response: &Response) -> AnswerSize {
    let bytes = response.body().size_hint().exact();
    let number = response.extensions().get::<SharedNumber>();
    AnswerSize {
        number: number.map_or_else(answers::next_number, |shared| shared.0),
        bytes: bytes.map_or(0, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX)),
    }
}

/// The number of an answer that several clients may get.
#[derive(Debug, Clone, Copy)]
pub(super) struct SharedNumber(pub(super) u64);

/// An answer of which the bytes are made already.
pub(super) fn shared(number: u64, content_type: &'static str, text: Bytes) -> Response {
    let mut response = ([(header::CONTENT_TYPE, content_type)], text).into_response();
    response.extensions_mut().insert(SharedNumber(number));
    response
}
