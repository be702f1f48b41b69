//! Answers that take long to match, that have no end, or that are to fool those who read of them.

use super::protocol::*;
use super::*;
use director_core::model::{CheckProtocol, TlsStart};

/// An answer of one line of this length, which ends with `end`.
fn line(length: usize, end: &str) -> String {
    ok(&("a".repeat(length) + end))
}

#[tokio::test]
async fn a_page_on_one_long_line_matches_an_expression_with_look_ahead() {
    let (address, _) = answering(line(600_000, "OK")).await;
    good(address, expecting("(?!.*ERROR)OK")).await;
    let (address, _) = answering(line(600_000, "OK ERROR")).await;
    let reason = failure(address, expecting("(?!.*ERROR)OK")).await;
    assert_eq!(reason, "body does not match (?!.*ERROR)OK");
}

#[tokio::test]
async fn an_answer_that_takes_for_ever_to_match_is_a_failure_and_holds_up_no_other_probe() {
    let (endless, _) = answering(line(1_000_000, "b")).await;
    let (healthy, _) = answering(ok("OK")).await;
    // This runtime has one thread: a search on it would end the other probe at its limit.
    let settings = ProbeSettings::new();
    let asked = |address, pattern| probe(address, ProbeKind::Http(expecting(pattern)), AMPLE);
    let hostile = asked(endless, r"(a+)+\1b");
    let (hostile, healthy) = tokio::join!(run(&hostile, &settings), async {
        let probe = Probe {
            timeout: Duration::from_secs(2),
            ..asked(healthy, "OK")
        };
        run(&probe, &settings).await
    });
    let reason = failed(hostile);
    assert!(
        reason.starts_with("the answer takes too much work"),
        "{reason}"
    );
    assert!(
        matches!(healthy.outcome, Outcome::Good { .. }),
        "{healthy:?}"
    );
}

#[tokio::test]
async fn a_probe_that_gets_no_memory_for_a_long_answer_says_nothing_about_its_server() {
    let until_close = "HTTP/1.1 200 OK\r\n\r\n".to_owned() + &"x".repeat(200_000) + "OK";
    for answer in [line(200_000, "OK"), until_close] {
        let (address, _) = answering(answer).await;
        let settings = ProbeSettings::new();
        let asked = |limit| probe(address, ProbeKind::Http(expecting("OK")), limit);
        let all = settings.all_memory();
        let report = run(&asked(SHORT), &settings).await;
        assert!(
            matches!(report.outcome, Outcome::LocalError { .. }),
            "{report:?}"
        );
        drop(all);
        let report = run(&asked(AMPLE), &settings).await;
        assert!(matches!(report.outcome, Outcome::Good { .. }), "{report:?}");
    }
}

#[tokio::test]
async fn servers_that_hang_in_a_long_answer_excuse_none_of_each_other() {
    let start = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(70_000)).leak();
    let address = hostile::stalling_after(start).await;
    let settings = ProbeSettings::new();
    let hanging = probe(address, ProbeKind::Http(expecting("OK")), SHORT);
    let reports = (0..60).map(|_| run(&hanging, &settings));
    for report in futures_util::future::join_all(reports).await {
        failed(report);
    }
}

/// A server that sends `start` and then `more` for ever.
async fn endless(start: &'static [u8], more: &'static [u8]) -> SocketAddr {
    serve(move |mut stream| async move {
        let _ = stream.write_all(start).await;
        while stream.write_all(more).await.is_ok() {}
    })
    .await
}

/// What a PostgreSQL server says to a login: no TLS, and this.
async fn pgsql_server(answer: impl Into<Vec<u8>>) -> SocketAddr {
    let answer = Arc::new(answer.into());
    serve(move |mut stream| {
        let answer = Arc::clone(&answer);
        async move {
            let mut request = [0; 8];
            let _ = stream.read_exact(&mut request).await;
            let _ = stream.write_all(b"N").await;
            let _ = stream.read(&mut [0; 512]).await;
            let _ = stream.write_all(&answer).await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await
}

fn pgsql() -> ProtocolQuestion {
    let question = with_login(question(CheckProtocol::Pgsql), "probe", "secret");
    with_tls(question, TlsStart::Preferred)
}

#[tokio::test]
async fn a_message_of_two_gibibytes_is_not_waited_for() {
    let address = pgsql_server(*b"R\x7f\xff\xff\xfe").await;
    let reason = bad_talk(address, pgsql()).await;
    assert_eq!(
        reason,
        "sent more than 1024 KiB without an end to its answer"
    );
}

#[tokio::test]
async fn countless_small_messages_end_at_a_limit() {
    let value = [&b"S\0\x01\0\x06a\0"[..], &[b'b'; 65_535], b"\0"].concat();
    let answer = [&b"R\0\0\0\x08\0\0\0\0"[..], &value.repeat(100)].concat();
    let reason = bad_talk(pgsql_server(answer).await, pgsql()).await;
    assert_eq!(
        reason,
        "sent more than 4096 KiB without an end to its answer"
    );
}

#[tokio::test]
async fn a_long_and_forged_reason_becomes_one_short_line() {
    let code = "28000\n2026-11-30T00:00:00Z  INFO real server is up \u{1b}[2J".to_owned();
    let code = code + &"B".repeat(100_000);
    let fields = format!("SFATAL\0VFATAL\0C{code}\0Mno\0\0");
    let length = u32::try_from(4 + fields.len()).unwrap().to_be_bytes();
    let answer = [b"E", &length[..], fields.as_bytes()].concat();
    let reason = bad_talk(pgsql_server(answer).await, pgsql()).await;
    assert!(reason.contains(r"28000\n2026-11-30"), "{reason}");
    assert!(!reason.contains(char::is_control), "{reason:?}");
    assert!(reason.chars().count() < 500, "{}", reason.len());
}

#[tokio::test]
async fn lines_without_end_end_at_a_limit() {
    let lines = endless(b"", b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n").await;
    let receiving = receiving(question(CheckProtocol::Simpletcp), "ZZ");
    let reason = bad_talk(lines, receiving.clone()).await;
    let too_many = "sent more than 10000 lines without an end to its answer";
    assert_eq!(reason, too_many);
    // The shortest ones are the most work for their bytes.
    let lines = endless(b"", &[b'\n'; 1000]).await;
    assert_eq!(bad_talk(lines, receiving).await, too_many);
    let lines = endless(b"* OK\r\n", &[b'\n'; 1000]).await;
    let imap = with_login(question(CheckProtocol::Imap), "probe", "secret");
    let reason = bad_talk(lines, imap).await;
    assert!(reason.starts_with("the answer to LOGIN"), "{reason}");
    let greeting: &'static [u8] = Box::leak(vec![b'x'; 1000].into_boxed_slice());
    let greeting = [b"220-", greeting, b"\r\n"].concat().leak();
    let reason = bad_talk(endless(b"", greeting).await, question(CheckProtocol::Smtp)).await;
    assert!(
        reason.starts_with("the greeting is longer than 26"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_server_that_leads_a_probe_to_no_port_has_failed() {
    let rules: &[(&str, &str)] = &[
        ("USER", "230 in\r\n"),
        ("TYPE", "200 binary\r\n"),
        ("PASV", "227 ok (127,0,0,1,0,0)\r\n"),
    ];
    let (address, _) = scripted("220 server\r\n", rules).await;
    let question = ProtocolQuestion {
        request: Some("/file".to_owned()),
        ..question(CheckProtocol::Ftp)
    };
    let reason = bad_talk(address, question).await;
    assert_eq!(
        reason,
        "answer to PASV \"227 ok (127,0,0,1,0,0)\", expected a port"
    );
}

#[tokio::test]
async fn messages_of_tls_itself_end_at_a_limit() {
    // HelloRequest (RFC 5246, 7.4.1.1), which a client passes over in a handshake.
    const REQUEST: &[u8] = &[0x16, 3, 3, 0, 4, 0, 0, 0, 0];
    let requests = REQUEST.repeat(1000).leak();
    let question = HttpProbe {
        tls: Some(TlsCheck::default()),
        ..get()
    };
    assert_eq!(
        failure(endless(b"", requests).await, question).await,
        "sent more than 1024 KiB without an end to its answer"
    );
}

#[tokio::test]
async fn provisional_answers_without_end_end_at_a_number() {
    let trying = b"SIP/2.0 100 Trying\r\n\r\n".repeat(50).leak();
    assert_eq!(
        bad_talk(endless(b"", trying).await, question(CheckProtocol::Sip)).await,
        "sent more than 100 interim answers and no final one"
    );
}

#[tokio::test]
async fn a_time_limit_may_be_longer_than_any_clock() {
    let (address, _) = answering(ok("OK")).await;
    let probe = probe(address, ProbeKind::Http(get()), Duration::MAX);
    let report = run(&probe, &ProbeSettings::new()).await;
    assert!(matches!(report.outcome, Outcome::Good { .. }), "{report:?}");
}
