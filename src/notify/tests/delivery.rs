//! Deliveries against a webhook that answers as it is told, and a command that writes down what it was given.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use director_core::model::{Hook, HookWay, Secret, Topic};
use director_core::notify::{EventMessage, MessageEvent, Notification};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::relay::{RelayBehaviour, TestRelay};
use super::{PATIENCE, eventually, settings};
use crate::notify::Notifier;

pub(super) fn event_message(way: HookWay) -> Notification {
    Notification::EventMessage(EventMessage {
        hook: Hook {
            way,
            about: Topic::USUAL.into(),
            gather: Duration::from_secs(1),
        },
        summary: "2 servers down".to_owned(),
        events: ["web one down", "web two down"]
            .map(|text| MessageEvent {
                topic: Topic::Servers,
                text: text.to_owned(),
            })
            .into(),
        left_out: 0,
    })
}

/// A webhook that answers with these status lines in turn; gives its address and the bodies that it got.
async fn webhook(answers: &'static [&'static str]) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook/token", listener.local_addr().unwrap());
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let got = Arc::clone(&bodies);
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = String::new();
            let mut buffer = [0_u8; 4096];
            while !text.ends_with('}') {
                let read = stream.read(&mut buffer).await.unwrap();
                text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
            }
            let body = text.split_once("\r\n\r\n").unwrap().1.to_owned();
            got.lock().unwrap().push(body);
            let answer =
                format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, bodies)
}

#[tokio::test]
async fn a_refused_webhook_delivery_is_retried() {
    let (url, bodies) = webhook(&["503 Service Unavailable", "200 OK"]).await;
    let mut alerts = Notifier::new(settings());
    let way = HookWay::Webhook {
        url: Secret::new(url),
        shown: "http://127.0.0.1".to_owned(),
    };
    alerts.perform(event_message(way));
    eventually("two attempts", || bodies.lock().unwrap().len() == 2).await;
    alerts.finish(PATIENCE).await;
    let bodies = bodies.lock().unwrap().clone();
    let message: serde_json::Value = serde_json::from_str(&bodies[1]).unwrap();
    assert_eq!(message["text"], "2 servers down");
    assert_eq!(message["host"], "director.example.org");
    assert_eq!(message["events"][1]["text"], "web two down");
    assert_eq!(message["events"][1]["topic"], "servers");
}

#[tokio::test]
async fn a_command_finds_the_message_in_its_environment() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("told");
    let script = format!(
        "printf '%s|%s' \"$IPVSD_SUMMARY\" \"$IPVSD_TEXT\" >'{}'",
        file.display()
    );
    let mut alerts = Notifier::new(settings());
    let argv = ["/bin/sh", "-c", &script].map(str::to_owned).into();
    alerts.perform(event_message(HookWay::Command(argv)));
    alerts.finish(PATIENCE).await;
    let told = std::fs::read_to_string(&file).unwrap();
    assert_eq!(told, "2 servers down|web one down\nweb two down");
}

#[tokio::test]
async fn a_batch_is_one_mail_with_a_line_for_each_event_and_is_tried_again() {
    let loopback = TestRelay::start(RelayBehaviour {
        busy: 1,
        ..RelayBehaviour::default()
    })
    .await;
    let relay = &loopback.relay;
    let way = HookWay::Mail {
        to: vec!["ops@example.org".to_owned(), "ann@example.org".to_owned()],
        from: Some("Director <lvs@example.org>".to_owned()),
        relay: Some((relay.host.clone(), relay.port)),
    };
    let mut notification = event_message(way);
    if let Notification::EventMessage(message) = &mut notification {
        message.left_out = 10;
    }
    let mut alerts = Notifier::new(settings());
    alerts.perform(notification);
    eventually("the mail is taken", || loopback.taken().len() == 1).await;
    alerts.finish(PATIENCE).await;
    let [taken] = &loopback.taken()[..] else {
        panic!("one mail and no more: {:?}", loopback.taken())
    };
    assert_eq!(taken.from, "FROM:<lvs@example.org>");
    assert_eq!(taken.to, ["TO:<ops@example.org>", "TO:<ann@example.org>"]);
    let has = |line: &str| taken.lines.iter().any(|one| one == line);
    assert!(has("Subject: 2 servers down"), "{:?}", taken.lines);
    assert!(has("Auto-Submitted: auto-generated"), "{:?}", taken.lines);
    let body: Vec<&str> = taken
        .lines
        .iter()
        .map(String::as_str)
        .skip_while(|line| !line.is_empty())
        .skip(1)
        .collect();
    assert_eq!(
        body,
        [
            "ipvsd on director.example.org:",
            "",
            "web one down",
            "web two down",
            "and 10 more",
            ""
        ]
    );
}
