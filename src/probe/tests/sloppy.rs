//! Servers that break their protocol and are up with ldirectord, which the lab found (`tests/lab/sloppy`).

use super::protocol::*;
use super::*;
use director_core::model::{CheckProtocol, Protocol};
use tokio::net::UdpSocket;

type Rules = &'static [(&'static str, &'static str)];

async fn assert_good(name: &str, question: ProtocolQuestion, greeting: &'static str, rules: Rules) {
    let (address, _) = scripted(greeting, rules).await;
    let outcome = outcome(address, question).await;
    assert!(
        matches!(outcome, Outcome::Good { .. }),
        "{name}: {outcome:?}"
    );
}

fn long(start: &str, letters: usize, end: &str) -> &'static str {
    Box::leak(format!("{start}{}{end}", "a".repeat(letters)).into_boxed_str())
}

#[tokio::test]
async fn smtp_replies_may_be_long_and_of_several_codes() {
    let smtp = || question(CheckProtocol::Smtp);
    let hello: Rules = &[("EHLO", "250 mail\r\n")];
    let two = "220-one\r\n250 two\r\n";
    assert_good("two codes", smtp(), two, hello).await;
    assert_good("long line", smtp(), long("220 ", 100_000, "\r\n"), hello).await;
    let mixed: Rules = &[("EHLO", "250-mail\r\n220 HELP\r\n")];
    assert_good("mixed", smtp(), "220 mail\r\n", mixed).await;
    let many: &'static str = Box::leak(format!("{}250 a\r\n", "250-a\r\n".repeat(5000)).into());
    let many: Rules = Box::leak(Box::new([("EHLO", many)]));
    assert_good("many lines", smtp(), "220 mail\r\n", many).await;
    let (refused, _) = scripted("220-one\r\n554 two\r\n", hello).await;
    bad_talk(refused, smtp()).await;
}

#[tokio::test]
async fn pop_and_imap_may_say_more_than_is_needed() {
    let pop = with_login(question(CheckProtocol::Pop), "a", "b");
    let list: &'static str = Box::leak(format!("+OK\r\n{}. \t\r\n", "X-A\r\n".repeat(150)).into());
    let rules: Rules = Box::leak(Box::new([
        ("CAPA", list),
        ("USER", "+OK\r\n"),
        ("PASS", "+OK\r\n"),
    ]));
    assert_good("pop", pop, "+OK\r\n", rules).await;
    let imap = with_login(question(CheckProtocol::Imap), "a", "b");
    let lines = "* OK {5}\r\nhello\r\n\r\n+ go on\r\nwait\r\n";
    let answer: &'static str =
        Box::leak(format!("{lines}{}a OK\r\n", "* OK wait\r\n".repeat(150)).into());
    let rules: Rules = Box::leak(Box::new([("a LOGIN", answer)]));
    assert_good("imap", imap.clone(), "* OKready\r\n", rules).await;
    let rules: Rules = &[("a LOGIN", "wait\r\na NO wrong\r\n")];
    let (refused, _) = scripted("* OK\r\n", rules).await;
    assert_eq!(
        bad_talk(refused, imap).await,
        "answer to LOGIN \"a NO wrong\", expected OK"
    );
}

#[tokio::test]
async fn a_news_server_is_known_by_its_first_byte() {
    for greeting in ["2", "200 ready", "200 ready\r"] {
        let address = serve(move |mut stream| async move {
            let _ = stream.write_all(greeting.as_bytes()).await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        })
        .await;
        assert_eq!(
            good_talk(address, question(CheckProtocol::Nntp)).await,
            greeting.trim_end()
        );
    }
}

#[tokio::test]
async fn sip_takes_an_answer_without_call_id_or_without_an_end() {
    for answer in [
        "SIP/2.0 200 OK\r\n\r\n",
        "SIP/2.0 200 OK\r\n",
        "SIP/2.0 200 OK\r\nContent-Length: 0\r\n",
    ] {
        let rules: Rules = Box::leak(Box::new([("OPTIONS", answer)]));
        let address = serve(move |mut stream| async move {
            read_head(&mut stream).await;
            send(&mut stream, rules[0].1.as_bytes()).await;
        })
        .await;
        good_talk(address, question(CheckProtocol::Sip)).await;
    }
    let other = "SIP/2.0 200 OK\r\nCall-ID: other\r\n\r\n";
    let address = serve(move |mut stream| async move {
        read_head(&mut stream).await;
        send(&mut stream, other.as_bytes()).await;
    })
    .await;
    bad_talk(address, question(CheckProtocol::Sip)).await;
}

#[tokio::test]
async fn a_line_of_plain_text_may_be_long() {
    let question = receiving(question(CheckProtocol::Simpletcp), "^ready");
    let lines = long("", 100_000, "\nready\n");
    let address = serve(move |mut stream| async move {
        let _ = stream.read_to_end(&mut Vec::new()).await;
        send(&mut stream, lines.as_bytes()).await;
    })
    .await;
    assert_eq!(good_talk(address, question).await, "ready");
}

/// An answer of DNS to `query` with one address and `behind` it, which the head says are two records.
fn broken_answer(query: &[u8], behind: &[u8]) -> Vec<u8> {
    let mut answer = query.to_vec();
    answer[2..8].copy_from_slice(&[0x85, 0x80, 0, 1, 0, 2]);
    answer.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7]);
    answer.extend_from_slice(behind);
    answer
}

#[tokio::test]
async fn dns_reads_what_can_be_read_and_passes_over_a_stray_datagram() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut query = [0; 4096];
        loop {
            let (length, client) = socket.recv_from(&mut query).await.unwrap();
            socket.send_to(b"\xff\xff\xff", client).await.unwrap();
            let answer = broken_answer(&query[..length], b"\xc0");
            socket.send_to(&answer, client).await.unwrap();
        }
    });
    let question = ProtocolQuestion {
        transport: Protocol::Udp,
        request: Some("www.example.org".to_owned()),
        ..question(CheckProtocol::Dns)
    };
    assert_eq!(good_talk(address, question).await, "A 192.0.2.7");
}

#[tokio::test]
async fn a_file_that_was_found_is_good_however_its_server_ends() {
    for (kind, end) in [
        ("200 binary\r\n", "426 broken\r\n"),
        ("500 no\r\n", "226 done\r\n"),
        ("200 binary\r\n", ""),
    ] {
        let data = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = data.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = data.accept().await {
                send(&mut stream, b"all is well\n").await;
            }
        });
        let passive = format!("227 ok (127,0,0,1,{},{})\r\n", port >> 8, port & 255);
        let rules: Rules = Box::leak(Box::new([
            ("USER", "230 in\r\n"),
            ("TYPE", kind),
            ("PASV", Box::leak(passive.into_boxed_str()) as &str),
            (
                "RETR",
                Box::leak(format!("150 go\r\n{end}").into_boxed_str()),
            ),
        ]));
        let question = ProtocolQuestion {
            request: Some("/file".to_owned()),
            ..question(CheckProtocol::Ftp)
        };
        let greeting = "Authorized use only\r\n\r\n220 ready\r\n";
        assert_good(end, receiving(question.clone(), "well"), greeting, rules).await;
        if end.starts_with("426") {
            let (address, _) = scripted(greeting, rules).await;
            bad_talk(address, question).await;
        }
    }
}

#[tokio::test]
async fn a_text_in_a_body_without_an_end_is_found_at_the_limit() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nTestPage OK\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc\r\nTestPage OK\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffffff\r\nTestPage OK\n",
        "HTTP/1.1 204 No Content\r\nContent-Length: 500\r\n\r\nTestPage OK\n",
    ] {
        let address = serve(move |mut stream| async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            std::future::pending::<()>().await;
        })
        .await;
        let found = report(address, expecting("TestPage"), SHORT).await.outcome;
        assert!(matches!(found, Outcome::Good { .. }), "{answer}: {found:?}");
        assert_eq!(
            failed(report(address, expecting("OtherPage"), SHORT).await),
            "body does not match OtherPage and did not end within the time limit"
        );
    }
}
