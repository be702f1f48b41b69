//! FTP against a small server with one file, whose data connections may misbehave.

use super::protocol::*;
use super::*;
use director_core::model::CheckProtocol;
use tokio::io::{AsyncBufReadExt, BufReader};

/// How a transfer goes.
#[derive(Clone, Copy)]
enum Transfer {
    /// All of the file and then 226.
    Complete,
    /// The file, but 426 in place of 226.
    Aborted,
    /// Nothing, and the connection stays open.
    Stalled,
}

const FILE: &str = "hello from ftp\n";

async fn ftp_server(transfer: Transfer) -> SocketAddr {
    serve(move |stream| async move {
        let mut control = BufReader::new(stream);
        let data = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = data.local_addr().unwrap().port();
        let _ = control
            .write_all(b"220-Welcome\r\n  to this\r\n220 server\r\n")
            .await;
        let mut line = String::new();
        while let Ok(1..) = control.read_line(&mut line).await {
            let answer = match line.trim_end() {
                "USER anonymous" | "USER joe" => "331 password?\r\n".to_owned(),
                "PASS wrong" => "530 no\r\n".to_owned(),
                "TYPE I" => "200 binary\r\n".to_owned(),
                // An address that is not the server's, as behind address translation.
                "PASV" => format!("227 ok (192,0,2,1,{},{})\r\n", port >> 8, port & 255),
                "RETR /test.txt" | "LIST /" => {
                    send_file(&mut control, &data, transfer).await;
                    String::new()
                }
                line if line.starts_with("PASS ") => "230 in\r\n".to_owned(),
                line if line.starts_with("RETR ") => "550 no such file\r\n".to_owned(),
                _ => return,
            };
            let _ = control.write_all(answer.as_bytes()).await;
            line.clear();
        }
    })
    .await
}

async fn send_file(control: &mut BufReader<TcpStream>, data: &TcpListener, transfer: Transfer) {
    let _ = control.write_all(b"150 coming\r\n").await;
    let (mut stream, _) = data.accept().await.unwrap();
    if matches!(transfer, Transfer::Stalled) {
        std::future::pending::<()>().await;
    }
    send(&mut stream, FILE.as_bytes()).await;
    drop(stream);
    let last: &[u8] = match transfer {
        Transfer::Aborted => b"426 aborted\r\n",
        _ => b"226 done\r\n",
    };
    let _ = control.write_all(last).await;
}

fn file(name: &str) -> ProtocolQuestion {
    ProtocolQuestion {
        request: Some(name.to_owned()),
        ..question(CheckProtocol::Ftp)
    }
}

#[tokio::test]
async fn a_file_is_transferred_and_matched() {
    let address = ftp_server(Transfer::Complete).await;
    assert_eq!(
        good_talk(address, file("/test.txt")).await,
        "15 bytes of /test.txt transferred"
    );
    good_talk(address, receiving(file("/test.txt"), "hello")).await;
    assert_eq!(
        bad_talk(address, receiving(file("/test.txt"), "OK")).await,
        "answer does not match OK"
    );
}

#[tokio::test]
async fn without_a_file_the_login_is_the_question() {
    let address = ftp_server(Transfer::Complete).await;
    let ftp = question(CheckProtocol::Ftp);
    assert_eq!(
        good_talk(address, ftp.clone()).await,
        "logged in as anonymous"
    );
    good_talk(address, with_login(ftp.clone(), "joe", "right")).await;
    assert_eq!(
        bad_talk(address, with_login(ftp, "joe", "wrong")).await,
        "answer to PASS \"530 no\", expected 230"
    );
}

#[tokio::test]
async fn a_directory_is_listed() {
    let address = ftp_server(Transfer::Complete).await;
    good_talk(address, receiving(file("/"), "hello")).await;
}

#[tokio::test]
async fn a_missing_file_fails_even_when_nothing_is_expected_of_it() {
    let address = ftp_server(Transfer::Complete).await;
    assert_eq!(
        bad_talk(address, file("/other.txt")).await,
        "answer to RETR \"550 no such file\", expected 150"
    );
}

#[tokio::test]
async fn a_transfer_that_is_not_completed_fails() {
    let aborted = ftp_server(Transfer::Aborted).await;
    assert_eq!(
        bad_talk(aborted, file("/test.txt")).await,
        "end of RETR \"426 aborted\", expected 226"
    );
    let stalled = ftp_server(Transfer::Stalled).await;
    let report = within(stalled, file("/test.txt"), SHORT).await;
    assert_eq!(failed(report), "no answer within 150 ms");
}
