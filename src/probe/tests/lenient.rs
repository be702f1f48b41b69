//! Answers that break HTTP, and what is made of them. The yardstick is what LWP (ldirectord), curl and browsers take.

use super::*;

const TEXT: &str = "TestPage OK\n";

/// Each answer with what a check for its text says.
async fn assert_answers(answers: &[(&str, &str, &str)]) {
    for (name, answer, expected) in answers {
        let answer = answer.replace("TEXT", TEXT);
        let (address, _) = answering(answer).await;
        let said = match report(address, expecting("TestPage"), AMPLE).await.outcome {
            Outcome::Good { detail } => detail,
            Outcome::Failed { reason } => reason,
            other @ Outcome::LocalError { .. } => panic!("{name}: {other:?}"),
        };
        assert_eq!(&said, expected, "{name}");
    }
}

const GOOD: &str = "status 200, body as expected";

#[tokio::test]
async fn sloppy_status_lines_are_read() {
    assert_answers(&[
        (
            "line feeds",
            "HTTP/1.1 200 OK\nContent-Type: text/plain\n\nTEXT",
            GOOD,
        ),
        (
            "no reason",
            "HTTP/1.1 200\r\nContent-Length: 12\r\n\r\nTEXT",
            GOOD,
        ),
        ("ICY", "ICY 200 OK\r\nicy-name: x\r\n\r\nTEXT", GOOD),
        (
            "HTTP/2",
            "HTTP/2 200\r\ncontent-length: 12\r\n\r\nTEXT",
            GOOD,
        ),
        (
            "HTTP/1",
            "HTTP/1 200 OK\r\nContent-Length: 12\r\n\r\nTEXT",
            GOOD,
        ),
        (
            "lower case",
            "http/1.1 200 OK\r\nContent-Length: 12\r\n\r\nTEXT",
            GOOD,
        ),
        (
            "two blanks",
            "HTTP/1.1  200  OK\r\nContent-Length: 12\r\n\r\nTEXT",
            GOOD,
        ),
        (
            "empty lines first",
            "\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nTEXT",
            GOOD,
        ),
        (
            "interim",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nTEXT",
            GOOD,
        ),
        (
            "early hints",
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\nTEXT",
            GOOD,
        ),
        ("HTTP/0.9", "TEXT", "no status line, body as expected"),
        (
            "four digits",
            "HTTP/1.1 2000 OK\r\n\r\nTEXT",
            "no status line, body as expected",
        ),
        (
            "byte order mark",
            "\u{feff}HTTP/1.1 200 OK\r\n\r\nTEXT",
            "no status line, body as expected",
        ),
        (
            "another status",
            "http/1 503 Busy\r\n\r\nTEXT",
            "status 503, expected 2xx",
        ),
        (
            "switching",
            "HTTP/1.1 101 Switching\r\n\r\nTEXT",
            "status 101, expected 2xx",
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_text_may_stand_behind_megabytes() {
    let body = format!("{}TestPage", "x".repeat(3 << 20));
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let (address, _) = answering(answer).await;
    let question = HttpProbe {
        md5: None,
        body_limit: director_core::model::validate::DEFAULT_BODY_LIMIT,
        ..expecting("TestPage")
    };
    let outcome = report(address, question, AMPLE).await.outcome;
    assert!(matches!(outcome, Outcome::Good { .. }), "{outcome:?}");
}

#[tokio::test]
async fn headers_that_nobody_needs_may_be_anything() {
    for header in [
        "X Bad: 1",
        "Server : foo",
        "Set-Cookie: _u=dmo\u{1}OZ; path=/",
        "Server: M\u{fc}nchen",
        "X-A: a,\r\n b",
        "X-A: a\0b",
        "no colon",
        ": no name",
        "X[1]: 2",
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{header}\r\nContent-Length: 12\r\n\r\nTEXT");
        assert_answers(&[(header, &answer, GOOD)]).await;
    }
    let big = format!(
        "HTTP/1.1 200 OK\r\nX-Big: {}\r\n\r\nTEXT",
        "a".repeat(300_000)
    );
    assert_answers(&[("300 kB", &big, GOOD)]).await;
}

#[tokio::test]
async fn lengths_that_are_none_count_as_absent() {
    let with = |headers: &str, body: &str| format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n{body}");
    for (headers, body) in [
        ("Content-Length: 1O\r\nConnection: close", "TEXT"),
        ("Content-Length: 12\r\nContent-Length: 12", "TEXT"),
        ("Content-Length: 12, 12", "TEXT"),
        ("Content-Length: -1", "TEXT"),
        ("Content-Length: 3\r\nContent-Length: 12", "TEXT"),
        ("Content-Length: 100", "TEXT"),
        (
            "Content-Length: 12\r\nTransfer-Encoding: chunked",
            "c\r\nTEXT\r\n0\r\n\r\n",
        ),
        ("Transfer-Encoding: chunked", "c\r\nTEXT\r\n"),
        ("Transfer-Encoding: chunked", "c\nTEXT\n0\n\n"),
        ("Transfer-Encoding: chunked", "c   \r\nTEXT\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", "c;a=b\r\nTEXT\r\n0\r\n\r\n"),
        ("Transfer-Encoding: identity", "TEXT"),
    ] {
        assert_answers(&[(headers, &with(headers, body), GOOD)]).await;
    }
    let old = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc\r\nTEXT\r\n0\r\n\r\n";
    assert_answers(&[
        ("chunks and HTTP/1.0", old, GOOD),
        (
            "a length that is too short",
            &with("Content-Length: 4", "TEXT"),
            "body does not match TestPage",
        ),
        (
            "broken off before the text",
            &with("Content-Length: 12", "Test"),
            "body ended early",
        ),
        (
            "chunks that are none",
            &with("Transfer-Encoding: chunked", "TEXT"),
            "body ended early",
        ),
    ])
    .await;
}

/// A server that answers without having read a request, and closes: what a script behind inetd is.
async fn answering_early(answer: &'static str) -> SocketAddr {
    serve(move |mut stream| async move {
        let _ = stream.write_all(answer.as_bytes()).await;
    })
    .await
}

#[tokio::test]
async fn an_answer_before_the_request_was_read_is_an_answer() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nTestPage OK\n",
        "HTTP/1.1 200 OK\r\n\r\nTestPage OK\n",
        "HTTP/1.0 200 OK\r\n\r\nTestPage OK\n",
    ] {
        let address = answering_early(answer).await;
        for _ in 0..20 {
            assert_eq!(good(address, expecting("TestPage")).await, GOOD);
            assert_eq!(good(address, get()).await, "status 200");
        }
    }
}

#[tokio::test]
async fn a_reset_behind_a_body_is_its_end() {
    let address = serve(|mut stream| async move {
        read_head(&mut stream).await;
        let answer = b"HTTP/1.1 200 OK\r\n\r\nTestPage OK\n";
        let _ = stream.write_all(answer).await;
        let _ = stream.flush().await;
        // On the loopback device what was written has arrived.
        socket2::SockRef::from(&stream)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    })
    .await;
    assert_eq!(good(address, expecting("TestPage")).await, GOOD);
}

#[tokio::test]
async fn a_body_that_does_not_end_is_weighed_at_the_limit() {
    let holding = |answer: &'static str| {
        serve(move |mut stream| async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            std::future::pending::<()>().await;
        })
    };
    let short = |address, question| report(address, question, SHORT);
    let old = holding("HTTP/1.0 200 OK\r\n\r\nTestPage OK\n").await;
    for question in [expecting("TestPage"), get()] {
        let outcome = short(old, question).await.outcome;
        assert!(matches!(outcome, Outcome::Good { .. }), "{outcome:?}");
    }
    assert_eq!(
        failed(short(old, expecting("OtherPage")).await),
        "body does not match OtherPage and did not end within the time limit"
    );
    let counted = holding("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nTestPage OK\n").await;
    let outcome = short(counted, expecting("TestPage")).await.outcome;
    assert!(matches!(outcome, Outcome::Good { .. }), "{outcome:?}");
    assert_eq!(
        failed(short(counted, get()).await),
        "no answer within 150 ms"
    );
}

#[tokio::test]
async fn user_and_password_of_a_url_are_sent_and_not_taken_elsewhere() {
    let (address, seen) = answering(ok("OK")).await;
    let question = |proxy| HttpProbe {
        target: format!("http://user:se%63ret@{address}/health").into(),
        proxy,
        ..get()
    };
    good(address, question(false)).await;
    good(address, question(true)).await;
    let (elsewhere, moved) = answering(ok("OK")).await;
    let answer = format!("HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/\r\n\r\n");
    let (address, _) = answering(answer).await;
    let question = HttpProbe {
        target: format!("http://user:secret@{address}/").into(),
        redirects: Redirects::Follow(1),
        ..get()
    };
    good(address, question).await;
    for request in seen.lock().unwrap().iter() {
        assert!(
            request.contains("Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"),
            "{request}"
        );
    }
    let moved = moved.lock().unwrap();
    assert!(!moved[0].contains("Authorization"), "{}", moved[0]);
}
