//! Servers that repeat what they got: no secret of a check is in a report.

use director_core::model::CheckProtocol;

use super::protocol::*;
use super::*;

const SECRET: &str = "opensesame";

/// A server that greets, accepts a name, and repeats every other line within its answer.
async fn repeating(greeting: &'static str, yes: &'static str, no: &'static str) -> SocketAddr {
    serve(move |stream| async move {
        let mut stream = tokio::io::BufReader::new(stream);
        let _ = stream.write_all(greeting.as_bytes()).await;
        let mut line = String::new();
        while tokio::io::AsyncBufReadExt::read_line(&mut stream, &mut line)
            .await
            .is_ok_and(|length| length > 0)
        {
            let answer = match line.starts_with("USER") {
                true => yes.to_owned(),
                false => format!("{no} you said {line}"),
            };
            let _ = stream.write_all(answer.as_bytes()).await;
            line.clear();
        }
    })
    .await
}

#[tokio::test]
async fn no_protocol_reports_a_password_that_the_server_repeats() {
    let servers = [
        (CheckProtocol::Pop, "+OK pop\r\n", "+OK\r\n", "-ERR"),
        (CheckProtocol::Ftp, "220 ftp\r\n", "331 password\r\n", "530"),
        (CheckProtocol::Imap, "* OK imap\r\n", "", "a NO"),
    ];
    for (protocol, greeting, yes, no) in servers {
        let address = repeating(greeting, yes, no).await;
        let check = with_login(question(protocol), "probe", SECRET);
        let reason = bad_talk(address, check).await;
        assert!(reason.contains("***"), "{reason}");
        assert!(!reason.contains("opens"), "{reason}");
    }
}

#[tokio::test]
async fn no_report_holds_the_credentials_of_a_url_that_a_server_repeats() {
    let address = serve(|mut stream| async move {
        let head = read_head(&mut stream).await;
        let credentials = head.split("Basic ").nth(1).unwrap_or_default();
        let credentials = credentials.lines().next().unwrap_or_default();
        let answer =
            format!("HTTP/1.1 302 Found\r\nLocation: gopher://{credentials}/{SECRET}\r\n\r\n");
        send(&mut stream, answer.as_bytes()).await;
    })
    .await;
    let question = HttpProbe {
        target: format!("http://probe:{SECRET}@{address}/").into(),
        redirects: Redirects::Follow(1),
        ..get()
    };
    let reason = failure(address, question).await;
    assert!(reason.contains("gopher://***/***"), "{reason}");
}
