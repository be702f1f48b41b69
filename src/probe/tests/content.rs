//! Headers, credentials and bodies of HTTP requests: what is sent, where a redirect takes it, and what is never shown.

use super::*;
use director_core::model::{Authorization, RequestHeader, Secret};

fn header(name: &str, value: &str) -> RequestHeader {
    RequestHeader {
        name: name.to_owned(),
        value: Secret::new(value.to_owned()),
    }
}

fn with(content: RequestContent) -> HttpProbe {
    HttpProbe { content, ..get() }
}

fn posting(body: &str) -> HttpProbe {
    HttpProbe {
        method: "POST".to_owned(),
        ..with(RequestContent {
            headers: vec![header("X-Tenant", "probe")],
            authorization: Some(Authorization::Bearer(Secret::new("opensesame".to_owned()))),
            body: Some(Secret::new(body.to_owned())),
        })
    }
}

/// Reads a request with the body that its head announces.
async fn read_request(stream: &mut TcpStream) -> String {
    let head = read_head(stream).await;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.unwrap();
    head + std::str::from_utf8(&body).unwrap()
}

/// A server that gives these answers to its requests, one after the other, and the last one to all further ones.
async fn answers(all: Vec<String>) -> (SocketAddr, ReceivedRequest) {
    let seen = ReceivedRequest::default();
    let record = Arc::clone(&seen);
    let address = serve(move |mut stream| {
        let (record, all) = (Arc::clone(&record), all.clone());
        async move {
            let request = read_request(&mut stream).await;
            let number = {
                let mut record = record.lock().unwrap();
                record.push(request);
                record.len()
            };
            let answer = all.get(number - 1).or(all.last()).unwrap();
            send(&mut stream, answer.as_bytes()).await;
        }
    })
    .await;
    (address, seen)
}

fn moved(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

#[tokio::test]
async fn headers_are_sent_as_written_and_replace_those_of_ipvsd() {
    let (address, seen) = answers(vec![ok("")]).await;
    let headers = vec![header("X-API-Key", "a b"), header("user-agent", "probe/1")];
    good(
        address,
        with(RequestContent {
            headers,
            ..RequestContent::default()
        }),
    )
    .await;
    let seen = seen.lock().unwrap();
    assert!(seen[0].contains("\r\nX-API-Key: a b\r\n"), "{}", seen[0]);
    assert!(
        seen[0].contains("\r\nuser-agent: probe/1\r\n"),
        "{}",
        seen[0]
    );
    assert!(!seen[0].contains("User-Agent"), "{}", seen[0]);
    assert!(!seen[0].contains("Content-Length"), "{}", seen[0]);
}

#[tokio::test]
async fn credentials_are_those_of_basic_authentication_or_a_token() {
    let (address, seen) = answers(vec![ok("")]).await;
    for authorization in [
        Authorization::Basic {
            login: "Aladdin".to_owned(),
            password: Secret::new("open sesame".to_owned()),
        },
        Authorization::Bearer(Secret::new("abc.def".to_owned())),
    ] {
        good(
            address,
            with(RequestContent {
                authorization: Some(authorization),
                ..RequestContent::default()
            }),
        )
        .await;
    }
    let seen = seen.lock().unwrap();
    // The example of RFC 7617, 2.
    let basic = "\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n";
    assert!(seen[0].contains(basic), "{}", seen[0]);
    let bearer = "\r\nAuthorization: Bearer abc.def\r\n";
    assert!(seen[1].contains(bearer), "{}", seen[1]);
}

#[tokio::test]
async fn a_body_is_sent_with_its_length() {
    let (address, seen) = answers(vec![ok("")]).await;
    good(address, posting("{\"q\": \"ü\"}")).await;
    let empty = HttpProbe {
        method: "POST".to_owned(),
        ..get()
    };
    good(address, empty).await;
    let seen = seen.lock().unwrap();
    assert!(seen[0].starts_with("POST / HTTP/1.1\r\n"), "{}", seen[0]);
    assert!(
        seen[0].contains("\r\nContent-Length: 11\r\n"),
        "{}",
        seen[0]
    );
    assert!(seen[0].ends_with("\r\n\r\n{\"q\": \"ü\"}"), "{}", seen[0]);
    assert!(seen[1].contains("\r\nContent-Length: 0\r\n"), "{}", seen[1]);
}

#[tokio::test]
async fn a_redirect_within_the_server_takes_headers_along_and_a_body_with_its_method() {
    for (status, method, has_body) in [
        (301, "GET", false),
        (302, "GET", false),
        (303, "GET", false),
        (307, "POST", true),
        (308, "POST", true),
    ] {
        let (address, seen) = answers(vec![moved(status, "/next"), ok("")]).await;
        let question = HttpProbe {
            redirects: Redirects::Follow(1),
            ..posting("opensesame")
        };
        good(address, question).await;
        let seen = seen.lock().unwrap();
        assert!(
            seen[1].starts_with(&format!("{method} /next ")),
            "{}",
            seen[1]
        );
        assert!(seen[1].contains("X-Tenant: probe"), "{}", seen[1]);
        assert!(seen[1].contains("Bearer opensesame"), "{}", seen[1]);
        assert_eq!(
            seen[1].ends_with("\r\n\r\nopensesame"),
            has_body,
            "{}",
            seen[1]
        );
    }
}

#[tokio::test]
async fn a_redirect_to_another_server_takes_nothing_along() {
    let (other, seen) = answers(vec![ok("")]).await;
    for location in [
        format!("http://{other}/"),
        format!("http://localhost:{}/", other.port()),
    ] {
        for status in [302, 307] {
            let (address, _) = answers(vec![moved(status, &location)]).await;
            let question = HttpProbe {
                redirects: Redirects::Follow(1),
                ..posting("opensesame")
            };
            good(address, question).await;
        }
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 4);
    for request in seen.iter() {
        assert!(!request.contains("opensesame"), "{request}");
        assert!(!request.contains("X-Tenant"), "{request}");
    }
}

#[tokio::test]
async fn what_a_server_repeats_of_the_content_is_masked() {
    let location = "ftp://opensesame/key-of-the-door/say-friend";
    let (address, _) = answers(vec![moved(302, location)]).await;
    let question = HttpProbe {
        redirects: Redirects::Follow(1),
        method: "POST".to_owned(),
        ..with(RequestContent {
            headers: vec![header("X-Door", "key-of-the-door")],
            authorization: Some(Authorization::Bearer(Secret::new("opensesame".to_owned()))),
            body: Some(Secret::new("say-friend".to_owned())),
        })
    };
    assert_eq!(
        failure(address, question).await,
        "redirected to ftp://***/***/***, which is not an HTTP URL"
    );
}

#[tokio::test]
async fn a_value_that_no_header_may_have_is_a_local_error() {
    let (address, _) = answers(vec![ok("")]).await;
    let content = RequestContent {
        headers: vec![header("X-A", "a\nX-B: b")],
        ..RequestContent::default()
    };
    let outcome = report(address, with(content), AMPLE).await.outcome;
    assert!(matches!(outcome, Outcome::LocalError { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_password_of_a_url_is_hidden_as_it_is_sent_too() {
    let location = "ftp://p@ssw0rd/dXNlcjpwQHNzdzByZA==/p%40ssw0rd";
    let (address, _) = answers(vec![moved(302, location)]).await;
    let question = HttpProbe {
        target: format!("http://user:p%40ssw0rd@{address}/").into(),
        redirects: Redirects::Follow(1),
        ..get()
    };
    let reason = failure(address, question).await;
    assert_eq!(
        reason,
        "redirected to ftp://***/***/***, which is not an HTTP URL"
    );
}
