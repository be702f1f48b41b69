//! What servers say of themselves, held connections, and the times of a probe's parts.

use std::collections::BTreeSet;
use std::fs;

use director_core::model::{AdviceSource, CommandProbe};
use tokio::sync::mpsc;

use super::*;
use crate::probe::{Gate, Holder};

async fn ask(address: SocketAddr, source: AdviceSource) -> Outcome {
    let probe = probe(address, ProbeKind::Advice(source), AMPLE);
    run(&probe, &ProbeSettings::new()).await.outcome
}

fn said(words: &str) -> Outcome {
    Outcome::Good {
        detail: words.to_owned(),
    }
}

fn nobody() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

#[tokio::test]
async fn an_agent_sends_one_line_to_each_client() {
    let address =
        serve(|mut stream| async move { send(&mut stream, b"75%,up\r\nmore").await }).await;
    let source = AdviceSource::Agent {
        send: String::new(),
    };
    assert_eq!(ask(address, source).await, said("75%,up"));
}

#[tokio::test]
async fn an_agent_may_want_a_word_and_may_keep_the_connection() {
    let address = serve(|mut stream| async move {
        let mut word = [0; 7];
        stream.read_exact(&mut word).await.unwrap();
        assert_eq!(&word, b"status\n");
        stream.write_all(b"drain\n").await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let source = AdviceSource::Agent {
        send: "status\n".to_owned(),
    };
    assert_eq!(ask(address, source).await, said("drain"));
}

#[tokio::test]
async fn an_agent_that_says_nothing_or_too_much_has_not_been_heard() {
    let address = serve(|mut stream| async move { send(&mut stream, b"\n").await }).await;
    let source = AdviceSource::Agent {
        send: String::new(),
    };
    let failed = |reason: &str| Outcome::Failed {
        reason: reason.to_owned(),
    };
    assert_eq!(ask(address, source.clone()).await, failed("it is empty"));
    let address = serve(|mut stream| async move { send(&mut stream, &[b'x'; 20_000]).await }).await;
    let too_long = failed("its line is longer than 16384 bytes");
    assert_eq!(ask(address, source).await, too_long);
}

#[tokio::test]
async fn the_words_of_an_agent_are_cut_and_made_safe_to_show() {
    let line = format!("drain\tdown \u{202e}\u{1b}[2J {}\n", "x".repeat(1000));
    let address = serve(move |mut stream| {
        let line = line.clone();
        async move { send(&mut stream, line.as_bytes()).await }
    })
    .await;
    let source = AdviceSource::Agent {
        send: String::new(),
    };
    let outcome = ask(address, source).await;
    let words = outcome.words();
    assert!(words.starts_with(r"drain down \u{202e} [2J xxx"), "{words}");
    assert!(words.chars().count() < 420, "{words}");
}

#[tokio::test]
async fn files_and_programs_say_it_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory
        .path()
        .join("weight")
        .to_string_lossy()
        .into_owned();
    let file = || AdviceSource::File { path: path.clone() };
    let Outcome::Failed { reason } = ask(nobody(), file()).await else {
        panic!("a file that is not there");
    };
    assert_eq!(
        reason,
        format!("cannot read {path}: no such file or directory")
    );
    fs::write(&path, "40\nmore\n").unwrap();
    assert_eq!(ask(nobody(), file()).await, said("40"));
    let program = |script: &str| {
        AdviceSource::Command(CommandProbe {
            argv: ["sh", "-c", script].map(str::to_owned).to_vec(),
            user: None,
        })
    };
    assert_eq!(
        ask(nobody(), program("echo a; echo 30%")).await,
        said("30%")
    );
    let failed = ask(nobody(), program("echo 30%; exit 3")).await;
    assert!(matches!(failed, Outcome::Failed { .. }), "{failed:?}");
}

#[tokio::test]
async fn the_end_of_a_held_connection_is_told_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut holder = Holder::new(Gate::new(1024), ProbeSettings::new(), move |peer| {
        tell.send(peer).unwrap_or_default()
    });
    holder.hold(&BTreeSet::from([address]));
    let (mut stream, _) = listener.accept().await.unwrap();
    stream
        .write_all(b"220 a greeting is no end\r\n")
        .await
        .unwrap();
    assert!(told.try_recv().is_err());
    drop(stream);
    assert_eq!(told.recv().await, Some(address));
    // It is held again, and no more when no service wants it.
    let (mut stream, _) = listener.accept().await.unwrap();
    holder.hold(&BTreeSet::new());
    assert_eq!(stream.read(&mut [0]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn the_parts_of_a_probe_are_timed() {
    let (address, _) = answering(ok("OK")).await;
    let phases = report(address, get(), AMPLE).await.phases;
    assert!(
        phases.connect.is_some() && phases.first_byte.is_some(),
        "{phases:?}"
    );
    assert_eq!(phases.tls, None);
}
