//! gRPC: what the health service answers, and servers without one.

use bytes::Bytes;
use director_core::model::CheckProtocol;
use hyper::{HeaderMap, Request, Response};

use super::http2::http1_only;
use super::protocol::*;
use super::tls::certified;
use super::*;

/// What a server says to a call.
#[derive(Clone, Copy)]
enum Says {
    /// A message with this status, and then the trailer of a call that succeeded.
    Status(u8),
    /// An error without a message.
    Error(&'static str, &'static str),
    /// Something that is not gRPC.
    Page(u16),
    /// A message that does not end.
    Flood,
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin, says: impl Fn(&str) -> Says) {
    let Ok(mut connection) = h2::server::handshake(stream).await else {
        return;
    };
    while let Some(Ok((mut request, mut respond))) = connection.accept().await {
        let service = service_of(&mut request).await;
        let kind = |kind| Response::builder().header("content-type", kind);
        match says(&service) {
            Says::Status(status) => {
                let answer = kind("application/grpc+proto").body(()).unwrap();
                let mut sending = respond.send_response(answer, false).unwrap();
                let message = [0, 0, 0, 0, 2, 8, status];
                sending
                    .send_data(Bytes::copy_from_slice(&message), false)
                    .unwrap();
                let mut trailers = HeaderMap::new();
                trailers.insert("grpc-status", "0".parse().unwrap());
                sending.send_trailers(trailers).unwrap();
            }
            Says::Error(code, text) => {
                let answer = kind("application/grpc").header("grpc-status", code);
                let answer = answer.header("grpc-message", text).body(()).unwrap();
                respond.send_response(answer, true).unwrap();
            }
            Says::Page(status) => {
                let answer = kind("text/html").status(status).body(()).unwrap();
                respond.send_response(answer, true).unwrap();
            }
            Says::Flood => {
                let answer = kind("application/grpc").body(()).unwrap();
                let mut sending = respond.send_response(answer, false).unwrap();
                sending
                    .send_data(Bytes::from(vec![0; 1 << 20]), true)
                    .unwrap();
            }
        }
    }
}

/// The service that a call is about, as the request has it.
async fn service_of(request: &mut Request<h2::RecvStream>) -> String {
    assert_eq!(request.uri().path(), "/grpc.health.v1.Health/Check");
    assert_eq!(request.headers()["content-type"], "application/grpc");
    assert_eq!(request.headers()["te"], "trailers");
    let mut bytes = Vec::new();
    while let Some(data) = request.body_mut().data().await {
        bytes.extend_from_slice(&data.unwrap());
    }
    String::from_utf8(bytes.get(7..).unwrap_or_default().to_vec()).unwrap()
}

async fn server(says: impl Fn(&str) -> Says + Clone + Send + 'static) -> SocketAddr {
    serve(move |stream| {
        let says = says.clone();
        async move { speak(stream, says).await }
    })
    .await
}

fn grpc() -> ProtocolQuestion {
    question(CheckProtocol::Grpc)
}

fn about(service: &str) -> ProtocolQuestion {
    ProtocolQuestion {
        service: Some(service.to_owned()),
        ..grpc()
    }
}

#[tokio::test]
async fn serving_is_good_and_the_service_is_named() {
    let address = server(|service| match service {
        "" | "shop.Cart" => Says::Status(1),
        "shop.Old" => Says::Status(2),
        "shop.Late" => Says::Status(0),
        _ => Says::Error("5", "unknown%20service"),
    })
    .await;
    assert_eq!(good_talk(address, grpc()).await, "SERVING");
    assert_eq!(good_talk(address, about("shop.Cart")).await, "SERVING");
    for (service, reason) in [
        ("shop.Old", "the service reports NOT_SERVING"),
        ("shop.Late", "the service reports UNKNOWN"),
        ("shop.None", "gRPC status NOT_FOUND (unknown service)"),
    ] {
        assert_eq!(bad_talk(address, about(service)).await, reason);
    }
}

#[tokio::test]
async fn what_is_not_grpc_is_named() {
    for (says, reason) in [
        (Says::Page(404), "status 404, and the answer is not gRPC"),
        (Says::Error("12", ""), "gRPC status UNIMPLEMENTED"),
        (
            Says::Error("99", "x"),
            "gRPC status that is not defined (x)",
        ),
        (Says::Error("x", ""), "the answer is not gRPC"),
        (Says::Flood, "the answer is longer than 65536 bytes"),
        (
            Says::Status(9),
            "the service reports a status that is not defined",
        ),
    ] {
        let address = server(move |_| says).await;
        assert_eq!(bad_talk(address, grpc()).await, reason);
    }
    let http1 = http1_only().await;
    assert_eq!(bad_talk(http1, grpc()).await, "the answer is not HTTP/2");
}

#[tokio::test]
async fn over_tls_the_server_must_choose_http2() {
    let over_tls = ProtocolQuestion {
        tls: Some(TlsCheck::default()),
        ..grpc()
    };
    for (offers, works) in [(&["h2"][..], true), (&[], false)] {
        let acceptor = certified(&["www.example.org"], None).acceptor(offers, None);
        let address = serve(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    speak(stream, |_| Says::Status(1)).await;
                }
            }
        })
        .await;
        match works {
            true => assert_eq!(good_talk(address, over_tls.clone()).await, "SERVING"),
            false => assert_eq!(
                bad_talk(address, over_tls.clone()).await,
                "the server does not choose HTTP/2 (h2) by ALPN"
            ),
        }
    }
}
