//! Protocols that begin in plain text and change to TLS.

use director_core::model::{CheckProtocol, TlsStart};
use tokio::io::{AsyncBufReadExt, BufReader};

use super::protocol::*;
use super::tls::certified;
use super::*;

/// What is said in plain text, and what over TLS: the first rule whose beginning fits a line gives the answer.
#[derive(Clone, Copy)]
struct Script {
    greeting: &'static str,
    plain: &'static [(&'static str, &'static str)],
    /// The command that changes to TLS, and the answer to it.
    change: (&'static str, &'static str),
    secure: &'static [(&'static str, &'static str)],
}

async fn answer(
    stream: &mut BufReader<impl AsyncRead + AsyncWrite + Unpin>,
    rules: &[(&str, &str)],
    change: Option<(&str, &str)>,
) -> bool {
    let mut line = String::new();
    while let Ok(1..) = stream.read_line(&mut line).await {
        if let Some((command, answer)) = change
            && line.starts_with(command)
        {
            return stream.write_all(answer.as_bytes()).await.is_ok();
        }
        let rule = rules.iter().find(|(start, _)| line.starts_with(start));
        let Some((_, answer)) = rule else { break };
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.flush().await;
        line.clear();
    }
    false
}

async fn server(script: Script) -> SocketAddr {
    let acceptor = certified(&["mail.example.org"], None).acceptor(&[], None);
    serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let mut stream = BufReader::new(stream);
            let _ = stream.write_all(script.greeting.as_bytes()).await;
            if answer(&mut stream, script.plain, Some(script.change)).await
                && let Ok(stream) = acceptor.accept(stream.into_inner()).await
            {
                answer(&mut BufReader::new(stream), script.secure, None).await;
            }
        }
    })
    .await
}

fn starttls(protocol: CheckProtocol) -> ProtocolQuestion {
    with_tls(question(protocol), TlsStart::Negotiated)
}

const SMTP: Script = Script {
    greeting: "220 mail\r\n",
    plain: &[("EHLO", "250-mail\r\n250-STARTTLS\r\n250 SIZE\r\n")],
    change: ("STARTTLS", "220 go ahead\r\n"),
    secure: &[("EHLO", "250 mail\r\n")],
};
const IMAP: Script = Script {
    greeting: "* OK ready\r\n",
    plain: &[],
    change: ("t STARTTLS", "* OK wait\r\nt OK begin\r\n"),
    secure: &[("a LOGIN \"probe\" \"secret\"", "a OK done\r\n")],
};
const POP: Script = Script {
    greeting: "+OK ready\r\n",
    plain: &[],
    change: ("STLS", "+OK begin\r\n"),
    secure: &[
        ("CAPA", "-ERR unknown\r\n"),
        ("USER", "+OK\r\n"),
        ("PASS secret", "+OK\r\n"),
    ],
};

#[tokio::test]
async fn the_dialogue_goes_on_over_tls() {
    let smtp = server(SMTP).await;
    good_talk(smtp, starttls(CheckProtocol::Smtp)).await;
    for (script, protocol) in [(IMAP, CheckProtocol::Imap), (POP, CheckProtocol::Pop)] {
        let address = server(script).await;
        let question = with_login(starttls(protocol), "probe", "secret");
        assert_eq!(good_talk(address, question).await, "logged in as probe");
    }
}

/// The server, or another machine on the way, sends an answer in plain text that would be taken for one over TLS.
#[tokio::test]
async fn what_was_sent_before_the_handshake_does_not_count_after_it() {
    let smtp = Script {
        change: ("STARTTLS", "220 go ahead\r\n554 injected\r\n"),
        ..SMTP
    };
    good_talk(server(smtp).await, starttls(CheckProtocol::Smtp)).await;
    let imap = Script {
        change: ("t STARTTLS", "t OK begin\r\na OK injected\r\n"),
        secure: &[("a LOGIN", "a NO wrong\r\n")],
        ..IMAP
    };
    let question = with_login(starttls(CheckProtocol::Imap), "probe", "secret");
    assert_eq!(
        bad_talk(server(imap).await, question).await,
        "answer to LOGIN \"a NO wrong\", expected OK"
    );
    let pop = Script {
        change: ("STLS", "+OK begin\r\n+OK injected\r\n"),
        secure: &[("CAPA", "-ERR no\r\n"), ("USER", "-ERR no\r\n")],
        ..POP
    };
    let question = with_login(starttls(CheckProtocol::Pop), "probe", "secret");
    assert_eq!(
        bad_talk(server(pop).await, question).await,
        "answer to USER \"-ERR no\", expected +OK"
    );
}

#[tokio::test]
async fn a_server_that_refuses_is_named_and_gets_no_password() {
    let smtp: &[_] = &[("EHLO", "250 mail\r\n")];
    let imap: &[_] = &[("t STARTTLS", "t BAD unknown\r\n")];
    let pop: &[_] = &[("STLS", "-ERR unknown\r\n")];
    for (protocol, greeting, rules, reason) in [
        (
            CheckProtocol::Smtp,
            "220 mail\r\n",
            smtp,
            "the server offers no STARTTLS",
        ),
        (
            CheckProtocol::Imap,
            "* OK\r\n",
            imap,
            "answer to STARTTLS \"t BAD unknown\", expected OK",
        ),
        (
            CheckProtocol::Pop,
            "+OK\r\n",
            pop,
            "answer to STLS \"-ERR unknown\", expected +OK",
        ),
    ] {
        let (address, seen) = scripted(greeting, rules).await;
        let question = with_login(starttls(protocol), "probe", "secret");
        assert_eq!(bad_talk(address, question).await, reason);
        assert!(!told(&seen).concat().contains("secret"), "{seen:?}");
    }
}

#[tokio::test]
async fn ldap_changes_to_tls_before_it_binds() {
    // The extended answer, and over TLS the answers to bind and search.
    const CHANGED: &[u8] = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00";
    const BOUND: &[u8] = b"\x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x00\x04\x00\x04\x00";
    const ENTRY: &[u8] = b"\x30\x09\x02\x01\x03\x64\x04\x04\x00\x30\x00";
    const DONE: &[u8] = b"\x30\x0c\x02\x01\x03\x65\x07\x0a\x01\x00\x04\x00\x04\x00";
    let acceptor = certified(&["ldap.example.org"], None).acceptor(&[], None);
    let address = serve(move |mut stream| {
        let acceptor = acceptor.clone();
        async move {
            let mut request = [0; 31];
            stream.read_exact(&mut request).await.unwrap();
            assert!(request.ends_with(b"1.3.6.1.4.1.1466.20037"));
            let _ = stream.write_all(CHANGED).await;
            let mut stream = acceptor.accept(stream).await.unwrap();
            let _ = stream.read(&mut [0; 100]).await;
            let _ = stream.write_all(BOUND).await;
            let _ = stream.read(&mut [0; 100]).await;
            let _ = stream.write_all(&[ENTRY, DONE].concat()).await;
            let _ = stream.flush().await;
            let _ = stream.read(&mut [0; 100]).await;
        }
    })
    .await;
    assert_eq!(
        good_talk(address, starttls(CheckProtocol::Ldap)).await,
        "bound, root entry found"
    );
    let refusing = serve(|mut stream| async move {
        let _ = stream.read(&mut [0; 100]).await;
        let refused = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00";
        send(&mut stream, refused).await;
    })
    .await;
    assert_eq!(
        bad_talk(refusing, starttls(CheckProtocol::Ldap)).await,
        "STARTTLS refused: protocolError"
    );
}
