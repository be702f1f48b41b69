//! SMTP, POP3, IMAP, NNTP and plain lines: what is asked and how answers are judged.

use super::protocol::*;
use super::*;
use director_core::model::CheckProtocol;

fn smtp() -> ProtocolQuestion {
    question(CheckProtocol::Smtp)
}

fn pop() -> ProtocolQuestion {
    question(CheckProtocol::Pop)
}

fn imap() -> ProtocolQuestion {
    question(CheckProtocol::Imap)
}

#[tokio::test]
async fn smtp_takes_a_greeting_and_ehlo() {
    let (address, seen) = scripted(
        "220-mail ESMTP\r\n220 at your service\r\n",
        &[("EHLO", "250-mail\r\n250 SIZE\r\n")],
    )
    .await;
    assert_eq!(good_talk(address, smtp()).await, "220-mail ESMTP");
    assert_eq!(told(&seen)[0], "EHLO localhost.localdomain");
    good_talk(address, receiving(smtp(), "at your service")).await;
    assert_eq!(
        bad_talk(address, receiving(smtp(), "Exim")).await,
        "answer does not match Exim"
    );
}

#[tokio::test]
async fn smtp_falls_back_to_helo_only_where_ehlo_is_unknown() {
    let old = &[("EHLO", "502 unknown\r\n"), ("HELO", "250 mail\r\n")];
    let (old, _) = scripted("220 mail\r\n", old).await;
    good_talk(old, smtp()).await;
    let busy = &[("EHLO", "421 too busy\r\n"), ("HELO", "250 mail\r\n")];
    let (busy, _) = scripted("220 mail\r\n", busy).await;
    assert_eq!(
        bad_talk(busy, smtp()).await,
        "answer to EHLO \"421 too busy\", expected 2xx"
    );
}

#[tokio::test]
async fn smtp_refuses_a_greeting_that_turns_us_away() {
    let (address, _) = scripted("554 go away\r\n", &[]).await;
    assert_eq!(
        bad_talk(address, smtp()).await,
        "greeting \"554 go away\", expected 2xx"
    );
    let (http, _) = scripted("HTTP/1.1 400 Bad Request\r\n", &[]).await;
    assert_eq!(
        bad_talk(http, smtp()).await,
        "greeting \"HTTP/1.1 400 Bad Request\", expected three digits and a text"
    );
}

#[tokio::test]
async fn every_dialogue_ends_at_the_limit_when_the_server_is_silent() {
    let address = serve(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    })
    .await;
    for protocol in [
        CheckProtocol::Smtp,
        CheckProtocol::Pop,
        CheckProtocol::Imap,
        CheckProtocol::Nntp,
        CheckProtocol::Ftp,
        CheckProtocol::Simpletcp,
        CheckProtocol::Sip,
    ] {
        let report = within(address, question(protocol), SHORT).await;
        assert_eq!(failed(report), "no answer within 150 ms", "{protocol:?}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_is_told_from_a_silent_one() {
    let address = serve(|_| async {}).await;
    let reason = bad_talk(address, smtp()).await;
    let closed = "connection closed while waiting for greeting";
    assert!(reason == closed || reason == "connection reset", "{reason}");
}

#[tokio::test]
async fn a_line_without_end_is_given_up() {
    let address =
        serve(|mut stream| async move { while stream.write_all(&[b'x'; 4096]).await.is_ok() {} })
            .await;
    assert_eq!(
        bad_talk(address, smtp()).await,
        "the greeting is longer than 262144 bytes"
    );
}

#[tokio::test]
async fn pop_takes_a_greeting_when_there_is_no_login() {
    let (ready, _) = scripted("+OK ready\r\n", &[]).await;
    assert_eq!(good_talk(ready, pop()).await, "+OK ready");
    let (sick, _) = scripted("-ERR out of order\r\n", &[]).await;
    assert_eq!(
        bad_talk(sick, pop()).await,
        "greeting \"-ERR out of order\", expected +OK"
    );
}

#[tokio::test]
async fn pop_logs_in_with_user_and_pass() {
    let rules = &[
        ("CAPA", "-ERR unknown\r\n"),
        ("USER", "+OK\r\n"),
        ("PASS right", "+OK\r\n"),
        ("PASS", "-ERR no\r\n"),
    ];
    let (address, seen) = scripted("+OK ready\r\n", rules).await;
    assert_eq!(
        good_talk(address, with_login(pop(), "joe", "right")).await,
        "logged in as joe"
    );
    assert_eq!(told(&seen)[..3], ["CAPA", "USER joe", "PASS right"]);
    assert_eq!(
        bad_talk(address, with_login(pop(), "joe", "wrong")).await,
        "answer to PASS \"-ERR no\", expected +OK"
    );
}

#[tokio::test]
async fn pop_prefers_apop_and_cram_md5_where_they_are_offered() {
    let apop = &[("APOP mrose c4c9334bac560ecc979e58001b3e22fb", "+OK\r\n")];
    let greeting = "+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n";
    let (address, _) = scripted(greeting, apop).await;
    good_talk(address, with_login(pop(), "mrose", "tanstaaf")).await;

    let cram = &[
        ("CAPA", "+OK\r\nSASL PLAIN CRAM-MD5\r\n.\r\n"),
        (
            "AUTH CRAM-MD5",
            "+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n",
        ),
        // The answer of RFC 2195.
        (
            "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw",
            "+OK\r\n",
        ),
    ];
    let (address, _) = scripted("+OK ready\r\n", cram).await;
    good_talk(address, with_login(pop(), "tim", "tanstaaftanstaaf")).await;
}

#[tokio::test]
async fn imap_takes_a_greeting_and_a_login() {
    let rules = &[
        (
            "a LOGIN \"joe\" \"a \\\"b\\\\\"",
            "* CAPABILITY X\r\na OK in\r\n",
        ),
        ("a LOGIN", "a NO wrong password\r\n"),
    ];
    let (address, seen) = scripted("* OK ready\r\n", rules).await;
    assert_eq!(good_talk(address, imap()).await, "* OK ready");
    let right = with_login(imap(), "joe", "a \"b\\");
    assert_eq!(good_talk(address, right).await, "logged in as joe");
    assert_eq!(
        bad_talk(address, with_login(imap(), "joe", "c")).await,
        "answer to LOGIN \"a NO wrong password\", expected OK"
    );
    assert!(!told(&seen).iter().any(|line| line.contains("EXPUNGE")));
    let (bye, _) = scripted("* BYE overloaded\r\n", &[]).await;
    assert_eq!(
        bad_talk(bye, imap()).await,
        "greeting \"* BYE overloaded\", expected * OK"
    );
}

#[tokio::test]
async fn a_line_break_in_a_password_is_never_sent() {
    let (address, seen) = scripted("* OK ready\r\n", &[("a", "a OK\r\n")]).await;
    let sly = with_login(imap(), "joe", "x\r\nb DELETE INBOX");
    let outcome = outcome(address, sly).await;
    assert_eq!(
        outcome,
        Outcome::LocalError {
            reason: "local error: the password contains a line break or a zero byte".to_owned()
        }
    );
    assert!(told(&seen).is_empty());
}

#[tokio::test]
async fn nntp_takes_a_greeting_of_the_good_kind() {
    let (open, _) = scripted("201 no posting\r\n", &[]).await;
    good_talk(open, question(CheckProtocol::Nntp)).await;
    let (closed, _) = scripted("400 unavailable\r\n", &[]).await;
    assert_eq!(
        bad_talk(closed, question(CheckProtocol::Nntp)).await,
        "greeting \"400 unavailable\", expected 2xx"
    );
}

/// A server that answers only after the other side has ended its sending.
async fn after_half_close(answer: &'static str) -> SocketAddr {
    serve(move |mut stream| async move {
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard).await;
        let heard = String::from_utf8_lossy(&heard).into_owned();
        send(&mut stream, answer.replace("{}", &heard).as_bytes()).await;
    })
    .await
}

#[tokio::test]
async fn simpletcp_sends_its_request_half_closes_and_reads_lines() {
    let address = after_half_close("first\r\nheard {}\r\n").await;
    let ping = ProtocolQuestion {
        request: Some("ping".to_owned()),
        ..question(CheckProtocol::Simpletcp)
    };
    assert_eq!(
        good_talk(address, receiving(ping.clone(), "heard ping$")).await,
        "heard ping"
    );
    assert_eq!(good_talk(address, ping.clone()).await, "first");
    assert_eq!(
        bad_talk(address, receiving(ping, "pong")).await,
        "answer does not match pong"
    );
}

#[tokio::test]
async fn simpletcp_takes_a_last_line_without_end_but_not_nothing() {
    let address = after_half_close("PONG").await;
    let simple = question(CheckProtocol::Simpletcp);
    good_talk(address, receiving(simple.clone(), "^PONG$")).await;
    let mute = after_half_close("").await;
    assert_eq!(
        bad_talk(mute, simple).await,
        "connection closed without an answer"
    );
}
