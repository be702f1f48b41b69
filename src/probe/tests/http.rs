//! What a well-behaved HTTP server may answer, and what it is asked.

use super::*;

#[tokio::test]
async fn the_expected_answer_is_good() {
    let (address, _) = answering(ok("all is OK here")).await;
    assert_eq!(good(address, get()).await, "status 200");
    assert_eq!(
        good(address, expecting("OK")).await,
        "status 200, body as expected"
    );
}

#[tokio::test]
async fn an_unexpected_status_is_named_with_the_expected_ones() {
    let answer = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nOK";
    let (address, _) = answering(answer).await;
    assert_eq!(
        failure(address, expecting("OK")).await,
        "status 503, expected 2xx"
    );
    let tolerant = HttpProbe {
        status: vec![
            StatusRange::SUCCESS,
            StatusRange {
                first: 503,
                last: 503,
            },
        ],
        ..get()
    };
    assert_eq!(good(address, tolerant).await, "status 503");
}

#[tokio::test]
async fn a_body_without_the_expected_text_fails() {
    let (address, _) = answering(ok("out of order")).await;
    assert_eq!(
        failure(address, expecting("OK")).await,
        "body does not match OK"
    );
}

#[tokio::test]
async fn the_pattern_is_a_regular_expression_over_bytes() {
    let mut answer = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n".to_vec();
    answer.extend_from_slice(b"\xff\x00n=42");
    let (address, _) = answering(answer).await;
    good(address, expecting(r"n=\d{2}$")).await;
}

#[tokio::test]
async fn each_probe_opens_a_connection_of_its_own_and_asks_to_close_it() {
    let (address, seen) = answering(ok("")).await;
    good(address, get()).await;
    good(address, get()).await;
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 2);
    assert!(seen[0].contains("Connection: close\r\n"), "{}", seen[0]);
}

#[tokio::test]
async fn the_host_is_the_bare_address_unless_a_virtual_host_is_given() {
    let (address, seen) = answering(ok("")).await;
    good(address, get()).await;
    let named = HttpProbe {
        virtual_host: Some("www.example.org:8080".to_owned()),
        ..get()
    };
    good(address, named).await;
    let seen = seen.lock().unwrap();
    assert!(seen[0].contains("Host: 127.0.0.1\r\n"), "{}", seen[0]);
    assert!(
        seen[1].contains("Host: www.example.org:8080\r\n"),
        "{}",
        seen[1]
    );
}

#[tokio::test]
async fn method_and_target_are_sent_as_written_or_encoded() {
    let (address, seen) = answering("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n").await;
    let question = HttpProbe {
        method: "HEAD".to_owned(),
        target: "/test page.html?q=ü#part".to_owned().into(),
        ..get()
    };
    good(address, question).await;
    let seen = seen.lock().unwrap();
    assert!(
        seen[0].starts_with("HEAD /test%20page.html?q=%C3%BC HTTP/1.1\r\n"),
        "{}",
        seen[0]
    );
}

#[tokio::test]
async fn a_proxy_gets_the_absolute_url() {
    let (address, seen) = answering(ok("OK")).await;
    let question = HttpProbe {
        target: "http://www.example.org/test.html".to_owned().into(),
        proxy: true,
        ..expecting("OK")
    };
    good(address, question).await;
    let seen = seen.lock().unwrap();
    assert!(
        seen[0].starts_with("GET http://www.example.org/test.html HTTP/1.1\r\n"),
        "{}",
        seen[0]
    );
    assert!(seen[0].contains("Host: www.example.org\r\n"), "{}", seen[0]);
}

#[tokio::test]
async fn bodies_of_all_framings_are_read() {
    let (old, _) = answering("HTTP/1.0 200 OK\r\n\r\nOK until the end").await;
    good(old, expecting("OK until the end$")).await;
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nO\r\n1\r\nK\r\n0\r\n\r\n";
    let (chunked, _) = answering(chunked).await;
    good(chunked, expecting("^OK$")).await;
}

#[tokio::test]
async fn an_unspeakable_request_is_the_directors_fault() {
    let (address, _) = answering(ok("")).await;
    let question = HttpProbe {
        virtual_host: Some("www\n.example.org".to_owned()),
        ..get()
    };
    let outcome = report(address, question, AMPLE).await.outcome;
    assert!(matches!(outcome, Outcome::LocalError { .. }), "{outcome:?}");
}
