//! Servers that hang, break off, talk too much or talk nonsense.

use super::*;
use tokio::time::sleep;

/// Bytes that the huge answers have beyond any limit.
const HUGE: usize = 8 * 1024 * 1024;

/// A server that sends `start` and then keeps the connection open in silence.
pub(super) async fn stalling_after(start: &'static str) -> SocketAddr {
    serve(move |mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(start.as_bytes()).await;
        std::future::pending::<()>().await;
    })
    .await
}

#[tokio::test]
async fn silence_after_the_connection_ends_at_the_limit() {
    assert_silent(stalling_after("").await, get()).await;
}

#[tokio::test]
async fn silence_within_the_head_ends_at_the_limit() {
    assert_silent(stalling_after("HTTP/1.1 200 OK\r\nServer:").await, get()).await;
}

#[tokio::test]
async fn silence_within_the_body_ends_at_the_limit() {
    let start = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nOK";
    assert_silent(stalling_after(start).await, get()).await;
}

#[tokio::test]
async fn a_slow_drip_does_not_stretch_the_limit() {
    let address = serve(|mut stream| async move {
        read_head(&mut stream).await;
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
        let _ = stream.write_all(head.as_bytes()).await;
        while stream.write_all(b".").await.is_ok() {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert_silent(address, get()).await;
}

#[tokio::test]
async fn an_answer_that_never_starts_is_told_from_silence() {
    let address = serve(|mut stream| async move {
        read_head(&mut stream).await;
    })
    .await;
    assert_eq!(
        failure(address, get()).await,
        "connection closed without an answer"
    );
}

#[tokio::test]
async fn a_reset_is_named() {
    let address = serve(|mut stream| async move {
        read_head(&mut stream).await;
        socket2::SockRef::from(&stream)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    })
    .await;
    assert_eq!(failure(address, get()).await, "connection reset");
}

#[tokio::test]
async fn a_body_that_breaks_off_fails_unless_its_text_was_seen() {
    let (counted, _) = answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nOK").await;
    good(counted, expecting("OK")).await;
    assert_eq!(failure(counted, expecting("END")).await, "body ended early");
    assert_eq!(failure(counted, get()).await, "body ended early");
    let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nOK";
    let (chunked, _) = answering(chunks).await;
    assert_eq!(failure(chunked, get()).await, "body ended early");
}

#[tokio::test]
async fn a_huge_body_is_read_to_the_limit_and_no_further() {
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {HUGE}\r\n\r\nOK").into_bytes();
    answer.resize(answer.len() + HUGE - 5, b'x');
    answer.extend_from_slice(b"END");
    let (address, _) = answering(answer).await;
    let limited = |question| HttpProbe {
        body_limit: 1000,
        ..question
    };
    good(address, limited(expecting("^OK"))).await;
    good(address, limited(get())).await;
    assert_eq!(
        failure(address, limited(expecting("END"))).await,
        "body does not match END in its first 1000 bytes (the limit)"
    );
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_complete() {
    let (address, _) = answering(ok("0123456789")).await;
    let question = HttpProbe {
        body_limit: 10,
        ..expecting("OK")
    };
    assert_eq!(failure(address, question).await, "body does not match OK");
}

#[tokio::test]
async fn endless_headers_end_at_a_limit() {
    let address = serve(|mut stream| async move {
        read_head(&mut stream).await;
        let mut answer = b"HTTP/1.1 200 OK\r\nX-Filler: ".to_vec();
        answer.resize(HUGE, b'x');
        send(&mut stream, &answer).await;
    })
    .await;
    assert_eq!(
        failure(address, get()).await,
        "not a valid HTTP answer: its headers are longer than 512 KiB"
    );
}

#[tokio::test]
async fn countless_headers_end_at_a_limit() {
    let headers = "A: b\r\n".repeat(HUGE / 6);
    let (address, _) = answering(format!("HTTP/1.1 200 OK\r\n{headers}\r\nOK")).await;
    assert_eq!(
        failure(address, get()).await,
        "not a valid HTTP answer: it has more than 4096 header lines"
    );
}

#[tokio::test]
async fn another_protocol_is_no_http() {
    for greeting in [
        "SSH-2.0-OpenSSH_9.2p1\r\n",
        "220 mail ESMTP\r\n",
        "\0\u{1}\u{2}\r\n\r\n",
    ] {
        let (address, _) = answering(greeting).await;
        let reason = failure(address, get()).await;
        assert!(
            reason.starts_with("not a valid HTTP answer: "),
            "{greeting:?}: {reason}"
        );
    }
}

/// The MD5 digest of a whole page, which `md5sum` prints for "foo".
#[tokio::test]
async fn a_digest_is_that_of_the_whole_body() {
    let with_digest = |md5: &str| HttpProbe {
        md5: Some(md5.to_owned()),
        ..get()
    };
    const FOO: &str = "acbd18db4cc2f85cedef654fccc4a4d8";
    let page = serve(|mut stream| async move {
        read_head(&mut stream).await;
        send(&mut stream, ok("foo").as_bytes()).await;
    })
    .await;
    good(page, with_digest(FOO)).await;
    let found = failure(page, with_digest(&"0".repeat(32))).await;
    let words = "body has MD5 digest acbd18db4cc2f85cedef654fccc4a4d8, expected 00000000000000000000000000000000";
    assert_eq!(found, words);
    let short = HttpProbe {
        body_limit: 2,
        ..with_digest(FOO)
    };
    let words = "body has more than 2 bytes (the limit), so its MD5 digest is not known";
    assert_eq!(failure(page, short).await, words);
    let broken = serve(|mut stream| async move {
        read_head(&mut stream).await;
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfoo";
        send(&mut stream, answer.as_bytes()).await;
    })
    .await;
    assert_eq!(failure(broken, with_digest(FOO)).await, "body ended early");
}
