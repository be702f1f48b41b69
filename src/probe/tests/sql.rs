//! MySQL and PostgreSQL where no database is needed: refusals, silence, other protocols. The real ones are asked in the
//! lab.

use super::protocol::*;
use super::*;
use director_core::model::{CheckProtocol, TlsStart};

fn mysql() -> ProtocolQuestion {
    with_login(question(CheckProtocol::Mysql), "probe", "secret")
}

fn pgsql() -> ProtocolQuestion {
    let question = with_login(question(CheckProtocol::Pgsql), "probe", "secret");
    with_tls(question, TlsStart::Preferred)
}

/// A server that says this at once, hears whatever comes, and closes.
async fn saying(greeting: &'static [u8]) -> SocketAddr {
    serve(move |mut stream| async move {
        send(&mut stream, greeting).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await
}

/// The packets of a MySQL server: greeting, yes to the login, and the answer to a query.
const GREETING: &[u8] = b"\x48\0\0\0\x0a8.0\0\x01\0\0\x0012345678\0\xff\xf7\x2d\x02\0\xff\x81\x15\
\0\0\0\0\0\0\0\0\0\0abcdefghijkl\0mysql_native_password\0";
const YES: &[u8] = b"\x07\0\0\x02\0\0\0\x02\0\0\0";

/// A MySQL server that takes every login and answers a query with `answer`.
async fn mysql_server(answer: &'static [u8]) -> SocketAddr {
    serve(move |mut stream| async move {
        let length = u8::try_from(GREETING.len() - 4).unwrap();
        let _ = stream
            .write_all(&[&[length], &GREETING[1..]].concat())
            .await;
        for answer in [YES, answer] {
            let mut header = [0; 4];
            if stream.read_exact(&mut header).await.is_err() {
                return;
            }
            stream
                .read_exact(&mut vec![0; usize::from(header[0])])
                .await
                .unwrap();
            let _ = stream.write_all(answer).await;
        }
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await
}

fn asking(question: ProtocolQuestion) -> ProtocolQuestion {
    ProtocolQuestion {
        request: Some("select 42".to_owned()),
        ..question
    }
}

#[tokio::test]
async fn mysql_refusals_have_their_words_and_number() {
    let address = saying(b"\x17\0\0\0\xff\x10\x04Too many connections").await;
    assert_eq!(
        bad_talk(address, mysql()).await,
        "refused: Too many connections (1040)"
    );
    let address = mysql_server(b"\x0e\0\0\x01\xff\x7a\x04#42S02no pe").await;
    assert_eq!(
        bad_talk(address, asking(mysql())).await,
        "refused: no pe (1146)"
    );
}

#[tokio::test]
async fn mysql_rows_are_read_and_matched() {
    let row = b"\x01\0\0\x01\x01\x03\0\0\x02def\x05\0\0\x03\xfe\0\0\x02\0\x03\0\0\x04\x0242";
    let address = mysql_server(row).await;
    assert_eq!(good_talk(address, mysql()).await, "logged in as probe");
    assert_eq!(good_talk(address, asking(mysql())).await, "row: 42");
    assert_eq!(
        bad_talk(address, receiving(asking(mysql()), "^43$")).await,
        "answer does not match ^43$"
    );
    let none =
        b"\x01\0\0\x01\x01\x03\0\0\x02def\x05\0\0\x03\xfe\0\0\x02\0\x05\0\0\x04\xfe\0\0\x02\0";
    let address = mysql_server(none).await;
    assert_eq!(
        bad_talk(address, asking(mysql())).await,
        "the query returned no row"
    );
}

#[tokio::test]
async fn mysql_rows_of_countless_columns_are_not_read() {
    let address = mysql_server(b"\x03\0\0\x01\xfc\x01\x10").await;
    assert_eq!(
        bad_talk(address, asking(mysql())).await,
        "the row has 4097 columns; the limit is 4096"
    );
}

#[tokio::test]
async fn a_query_that_hangs_ends_at_the_limit() {
    let address = mysql_server(b"").await;
    let report = within(address, asking(mysql()), SHORT).await;
    assert_eq!(failed(report), "no answer within 150 ms");
}

#[tokio::test]
async fn other_protocols_are_named() {
    let address = saying(b"SSH-2.0-OpenSSH_9.2p1\r\n").await;
    assert_eq!(bad_talk(address, mysql()).await, "the answer is not MySQL");
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgresql_refusals_have_their_words_and_code() {
    // No TLS, and then an error in place of a question for the password.
    let address = serve(|mut stream| async move {
        for answer in [
            &b"N"[..],
            b"E\0\0\0\x24SFATAL\0VFATAL\0C53300\0Mtoo many\0\0",
        ] {
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(answer).await;
        }
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let reason = bad_talk(address, pgsql()).await;
    assert_eq!(reason, "refused: too many (53300)");
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgresql_that_hangs_or_is_none_is_named() {
    let address = serve(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let report = within(address, pgsql(), SHORT).await;
    assert_eq!(failed(report), "no answer within 150 ms");
    let address = saying(b"SSH-2.0-OpenSSH_9.2p1\r\n").await;
    let outcome = outcome(address, pgsql()).await;
    assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_question_without_login_is_a_local_error() {
    for protocol in [CheckProtocol::Mysql, CheckProtocol::Pgsql] {
        let address = "127.0.0.1:1".parse().unwrap();
        let outcome = outcome(address, question(protocol)).await;
        assert!(matches!(outcome, Outcome::LocalError { .. }), "{outcome:?}");
    }
}
