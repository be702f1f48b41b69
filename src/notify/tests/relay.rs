//! A relay on loopback that keeps what it is told and refuses whom it is told to refuse.

use std::sync::{Arc, Mutex};

use director_core::notify::Relay;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// One mail that was taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ReceivedMail {
    pub(super) hello: String,
    pub(super) from: String,
    pub(super) to: Vec<String>,
    pub(super) lines: Vec<String>,
}

/// How a relay answers.
#[derive(Debug, Clone, Default)]
pub(super) struct RelayBehaviour {
    /// Recipients that are refused for good.
    pub(super) refuses: Vec<&'static str>,
    /// Connections that are told to come back later, at the beginning.
    pub(super) busy: usize,
    /// Takes connections and says nothing.
    pub(super) silent: bool,
}

/// A relay that runs until it is dropped.
pub(super) struct TestRelay {
    pub(super) relay: Relay,
    taken: Arc<Mutex<Vec<ReceivedMail>>>,
    task: tokio::task::JoinHandle<()>,
}

impl TestRelay {
    pub(super) async fn start(mood: RelayBehaviour) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&taken);
        let task = tokio::spawn(async move {
            let mut connections = 0;
            while let Ok((stream, _)) = listener.accept().await {
                connections += 1;
                let busy = connections <= mood.busy;
                tokio::spawn(serve(stream, mood.clone(), busy, Arc::clone(&kept)));
            }
        });
        let relay = Relay {
            host: "127.0.0.1".to_owned(),
            port,
        };
        Self { relay, taken, task }
    }

    pub(super) fn taken(&self) -> Vec<ReceivedMail> {
        self.taken.lock().unwrap().clone()
    }
}

impl Drop for TestRelay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    mood: RelayBehaviour,
    busy: bool,
    kept: Arc<Mutex<Vec<ReceivedMail>>>,
) {
    let (reader, mut writer) = stream.split();
    let mut lines = BufReader::new(reader).lines();
    if mood.silent {
        while let Ok(Some(_)) = lines.next_line().await {}
        return;
    }
    let greeting = if busy {
        "421 later\r\n"
    } else {
        "220 relay\r\n"
    };
    writer.write_all(greeting.as_bytes()).await.unwrap();
    let mut mail = ReceivedMail::default();
    while let Ok(Some(line)) = lines.next_line().await {
        let (word, rest) = line.split_at(line.len().min(4));
        let answer = match word {
            "EHLO" => {
                mail.hello = rest.trim().to_owned();
                "250 relay"
            }
            "MAIL" => {
                mail.from = rest.trim().to_owned();
                "250 ok"
            }
            "RCPT" if mood.refuses.iter().any(|refused| rest.contains(refused)) => {
                "550 nobody here"
            }
            "RCPT" => {
                mail.to.push(rest.trim().to_owned());
                "250 ok"
            }
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await.unwrap();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    mail.lines.push(line);
                }
                kept.lock().unwrap().push(std::mem::take(&mut mail));
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        if writer
            .write_all(format!("{answer}\r\n").as_bytes())
            .await
            .is_err()
        {
            return;
        }
    }
}
