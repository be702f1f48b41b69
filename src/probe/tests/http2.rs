//! HTTP/2: by ALPN and with prior knowledge, and servers that speak something else.

use bytes::Bytes;
use hyper::Response;

use super::tls::certified;
use super::*;

/// A server of HTTP/2 on this connection that answers each request with what it was asked for and `body`.
async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin, body: &'static [u8]) {
    let Ok(mut connection) = h2::server::handshake(stream).await else {
        return;
    };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let uri = request.uri();
        let host = request.headers().contains_key("host");
        let head = format!("{} {uri} host={host} ", request.method());
        let mut sending = respond.send_response(Response::new(()), false).unwrap();
        let text = [head.as_bytes(), body].concat();
        sending.send_data(Bytes::from(text), true).unwrap();
    }
}

/// A server that refuses HTTP/2 in HTTP/1.1, and leaves it to the client to close.
pub(super) async fn http1_only() -> SocketAddr {
    serve(|mut stream| async move {
        let _ = stream.read(&mut [0; 1024]).await;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await
}

async fn plain(body: &'static [u8]) -> SocketAddr {
    serve(move |stream| speak(stream, body)).await
}

/// A server of HTTP/2 where the client offers it, and of HTTP/1.1 otherwise.
async fn by_alpn(offers: &'static [&'static str]) -> SocketAddr {
    let acceptor = certified(&["www.example.org"], None).acceptor(offers, None);
    serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                return;
            };
            if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                return speak(stream, b"two").await;
            }
            read_head(&mut stream).await;
            send(&mut stream, ok("one").as_bytes()).await;
        }
    })
    .await
}

fn version2(question: HttpProbe) -> HttpProbe {
    HttpProbe {
        version: HttpVersion::Two,
        ..question
    }
}

fn offering(alpn: &[&str], question: HttpProbe) -> HttpProbe {
    HttpProbe {
        tls: Some(TlsCheck {
            alpn: alpn.iter().map(|name| (*name).to_owned()).collect(),
            ..TlsCheck::default()
        }),
        ..question
    }
}

#[tokio::test]
async fn prior_knowledge_is_spoken_without_tls() {
    let address = plain(b"works").await;
    let question = HttpProbe {
        virtual_host: Some("www.example.org".to_owned()),
        ..version2(expecting("^GET http://www.example.org/ host=false works$"))
    };
    assert_eq!(
        good(address, question).await,
        "status 200, body as expected"
    );
    assert_eq!(
        failure(address, version2(expecting("broken"))).await,
        "body does not match broken"
    );
}

#[tokio::test]
async fn alpn_decides_over_tls() {
    let address = by_alpn(&["h2", "http/1.1"]).await;
    good(address, offering(&[], version2(expecting("two$")))).await;
    good(address, offering(&["h2", "http/1.1"], expecting("two$"))).await;
    good(address, offering(&["http/1.1"], expecting("^one$"))).await;
    good(address, offering(&[], expecting("^one$"))).await;
    let old = by_alpn(&[]).await;
    good(old, offering(&["h2", "http/1.1"], expecting("^one$"))).await;
    assert_eq!(
        failure(old, offering(&[], version2(get()))).await,
        "the server does not choose HTTP/2 (h2) by ALPN"
    );
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_not_read() {
    let address = plain(&[b'x'; 300_000]).await;
    let question = HttpProbe {
        body_limit: 100_000,
        ..version2(expecting("y"))
    };
    assert_eq!(
        failure(address, question).await,
        "body does not match y in its first 100000 bytes (the limit)"
    );
    // A body of more than a window is read to its end.
    let question = HttpProbe {
        body_limit: 1_000_000,
        ..version2(expecting("xxx$"))
    };
    good(address, question).await;
}

#[tokio::test]
async fn other_answers_than_http2_are_named() {
    assert_eq!(
        failure(http1_only().await, version2(get())).await,
        "the answer is not HTTP/2"
    );
    let closing = serve(|mut stream| async move {
        let _ = stream.read(&mut [0; 1024]).await;
    })
    .await;
    let reason = failure(closing, version2(get())).await;
    assert!(
        ["connection closed without an answer", "connection reset"].contains(&reason.as_str()),
        "{reason}"
    );
    let silent = serve(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    })
    .await;
    assert_silent(silent, version2(get())).await;
}

#[tokio::test]
async fn a_refusal_of_the_server_has_its_reason() {
    let address = serve(|stream| async move {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            respond.send_reset(h2::Reason::ENHANCE_YOUR_CALM);
        }
    })
    .await;
    assert_eq!(
        failure(address, version2(get())).await,
        "HTTP/2: the server ended the request (detected excessive load generating behavior)"
    );
}

#[tokio::test]
async fn redirects_are_followed() {
    let address = serve(|stream| async move {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            let answer = match request.uri().path() {
                "/" => Response::builder().status(302).header("location", "/next"),
                _ => Response::builder(),
            };
            let answer = answer.body(()).unwrap();
            respond.send_response(answer, true).unwrap();
        }
    })
    .await;
    let question = HttpProbe {
        redirects: Redirects::Follow(1),
        ..version2(get())
    };
    assert_eq!(good(address, question).await, "status 200");
    assert_eq!(
        failure(address, version2(get())).await,
        "status 302, expected 2xx"
    );
}

#[tokio::test]
async fn where_a_redirect_leads_may_speak_less() {
    for offers in [&["h2", "http/1.1"][..], &["http/1.1"], &[]] {
        let elsewhere = by_alpn(offers).await;
        let location = format!("https://{elsewhere}/");
        let address = serve(move |stream| redirecting(stream, location.clone())).await;
        let question = HttpProbe {
            redirects: Redirects::Follow(1),
            ..version2(get())
        };
        assert_eq!(good(address, question).await, "status 200", "{offers:?}");
    }
}

async fn redirecting(stream: impl AsyncRead + AsyncWrite + Unpin, location: String) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    while let Some(Ok((_, mut respond))) = connection.accept().await {
        let answer = Response::builder().status(302);
        let answer = answer.header("location", location.as_str());
        let answer = answer.body(()).unwrap();
        respond.send_response(answer, true).unwrap();
    }
}

#[tokio::test]
async fn a_text_is_found_in_a_body_that_never_ends() {
    let address = serve(|stream| async move {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            let mut sending = respond.send_response(Response::new(()), false).unwrap();
            sending.send_data(Bytes::from("ready"), false).unwrap();
            std::mem::forget(sending);
        }
    })
    .await;
    assert_eq!(
        good(address, version2(expecting("ready"))).await,
        "status 200, body as expected"
    );
}

/// A server that sends so many interim answers before the answer.
async fn hinting(number: usize) -> SocketAddr {
    serve(move |stream| async move {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            for _ in 0..number {
                let hint = Response::builder().status(103).body(()).unwrap();
                respond.send_informational(hint).unwrap();
            }
            respond.send_response(Response::new(()), true).unwrap();
        }
    })
    .await
}

#[tokio::test]
async fn interim_answers_are_passed_over_up_to_a_number() {
    let address = hinting(100).await;
    assert_eq!(good(address, version2(get())).await, "status 200");
    assert_eq!(
        failure(hinting(101).await, version2(get())).await,
        "sent more than 100 interim answers and no final one"
    );
}
