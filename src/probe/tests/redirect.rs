//! Redirects: an answer like any other, unless the definition follows them.

use super::*;
use crate::blocking::BlockingPool;
use crate::probe::lookup::Lookups;

fn following(limit: u8, question: HttpProbe) -> HttpProbe {
    HttpProbe {
        redirects: Redirects::Follow(limit),
        ..question
    }
}

fn moved_to(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

/// A server that answers `/end` with `OK` and sends everything else to `location`.
async fn redirecting(location: &str) -> (SocketAddr, ReceivedRequest) {
    let seen = ReceivedRequest::default();
    let (location, record) = (location.to_owned(), Arc::clone(&seen));
    let address = serve(move |mut stream| {
        let (location, record) = (location.clone(), Arc::clone(&record));
        async move {
            let head = read_head(&mut stream).await;
            let answer = if head.starts_with("GET /end ") {
                ok("OK")
            } else {
                moved_to(&location)
            };
            record.lock().unwrap().push(head);
            send(&mut stream, answer.as_bytes()).await;
        }
    })
    .await;
    (address, seen)
}

#[tokio::test]
async fn a_redirect_is_an_answer_unless_it_is_followed() {
    let (address, seen) = redirecting("/end").await;
    assert_eq!(failure(address, get()).await, "status 302, expected 2xx");
    assert_eq!(seen.lock().unwrap().len(), 1);
    good(address, following(7, expecting("OK"))).await;
}

#[tokio::test]
async fn an_expected_redirect_is_not_followed() {
    let (address, _) = redirecting("/end").await;
    let question = HttpProbe {
        status: vec![StatusRange {
            first: 302,
            last: 302,
        }],
        ..following(7, get())
    };
    assert_eq!(good(address, question).await, "status 302");
}

#[tokio::test]
async fn the_virtual_host_is_requested_from_the_same_server() {
    let (address, seen) = redirecting("http://www.example.org/end").await;
    let question = HttpProbe {
        virtual_host: Some("www.example.org".to_owned()),
        ..following(1, expecting("OK"))
    };
    good(address, question).await;
    let seen = seen.lock().unwrap();
    assert!(seen[1].contains("Host: www.example.org\r\n"), "{}", seen[1]);
}

#[tokio::test]
async fn another_server_is_requested_by_its_own_name() {
    let (end, seen) = answering(ok("OK")).await;
    let (address, _) = answering(moved_to(&format!("http://localhost:{}/end", end.port()))).await;
    good(address, following(1, expecting("OK"))).await;
    let seen = seen.lock().unwrap();
    let host = format!("Host: localhost:{}\r\n", end.port());
    assert!(seen[0].contains(&host), "{}", seen[0]);
}

#[tokio::test]
async fn a_url_with_a_host_is_requested_there_with_the_host_header_of_the_server() {
    let (elsewhere, seen) = redirecting("/end").await;
    let (address, unasked) = answering(ok("never")).await;
    let question = HttpProbe {
        target: format!("http://localhost:{}/page", elsewhere.port()).into(),
        ..following(1, expecting("OK"))
    };
    good(address, question).await;
    let seen = seen.lock().unwrap();
    assert!(seen[0].starts_with("GET /page HTTP/1.1\r\n"), "{}", seen[0]);
    assert!(seen[0].contains("Host: 127.0.0.1\r\n"), "{}", seen[0]);
    let of_url = format!("Host: localhost:{}\r\n", elsewhere.port());
    assert!(seen[1].contains(&of_url), "{}", seen[1]);
    assert!(unasked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_question_to_a_host_without_address_is_a_local_error() {
    let (address, _) = answering(ok("OK")).await;
    let question = HttpProbe {
        // No resolver is asked for a name that cannot be one.
        target: "http://no..host/".to_owned().into(),
        ..get()
    };
    let report = report(address, question, AMPLE).await;
    assert_eq!(
        report.outcome,
        Outcome::LocalError {
            reason: "local error: the host of http://no..host/ has no address".to_owned()
        }
    );
}

#[tokio::test]
async fn a_circle_ends_at_the_limit_of_redirects() {
    let (address, seen) = redirecting("again").await;
    assert_eq!(
        failure(address, following(2, get())).await,
        "more than 2 redirects"
    );
    assert_eq!(seen.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_chain_shares_one_time_limit() {
    let address = serve(|mut stream| async move {
        read_head(&mut stream).await;
        tokio::time::sleep(Duration::from_millis(40)).await;
        send(&mut stream, moved_to("/next").as_bytes()).await;
    })
    .await;
    assert_silent(address, following(255, get())).await;
}

#[tokio::test]
async fn a_redirect_to_another_protocol_is_named() {
    let (address, _) = redirecting("ftp://example.org/").await;
    assert_eq!(
        failure(address, following(7, get())).await,
        "redirected to ftp://example.org/, which is not an HTTP URL"
    );
}

#[tokio::test]
async fn a_proxy_gets_the_next_url_after_a_redirect() {
    let (address, seen) = redirecting("http://other.example.org/end").await;
    let question = HttpProbe {
        target: "http://www.example.org/".to_owned().into(),
        proxy: true,
        ..following(1, get())
    };
    // The proxy of this test redirects for ever, because absolute addresses never begin with /end.
    assert_eq!(failure(address, question).await, "more than 1 redirects");
    let seen = seen.lock().unwrap();
    assert!(
        seen[1].starts_with("GET http://other.example.org/end HTTP/1.1\r\n"),
        "{}",
        seen[1]
    );
}

#[tokio::test]
async fn a_redirect_to_a_name_that_gets_no_turn_to_be_looked_up_is_the_servers_failure() {
    static FREE: BlockingPool = BlockingPool::new("test", 1);
    static FULL: BlockingPool = BlockingPool::new("test", 1);
    let _taken = FULL.turn().await;
    let settings = ProbeSettings::looking_up(Lookups::with(&FREE, &FULL));
    let (address, _) = redirecting("http://dead.invalid/").await;
    let probe = probe(address, ProbeKind::Http(following(7, get())), SHORT);
    assert_eq!(
        failed(run(&probe, &settings).await),
        "redirected to http://dead.invalid/, whose host name was not resolved within the time limit or has no address"
    );
}
