//! The words that tests of conversations are made of: questions, and servers that follow a script.

use super::*;
use director_core::model::{Conversation, ConversationProbe, Protocol, Secret};
use tokio::io::{AsyncBufReadExt, BufReader};

/// A question that says no more than its protocol.
pub(super) fn question(conversation: Conversation) -> ConversationProbe {
    ConversationProbe {
        conversation,
        transport: Protocol::Tcp,
        request: None,
        receive: None,
        login: None,
        password: None,
        database: None,
        secret: None,
        tls: None,
    }
}

/// The question with an expectation.
pub(super) fn receiving(question: ConversationProbe, pattern: &str) -> ConversationProbe {
    ConversationProbe {
        receive: Some(Pattern::parse(pattern).unwrap()),
        ..question
    }
}

/// The question with a login.
pub(super) fn with_login(
    question: ConversationProbe,
    login: &str,
    word: &str,
) -> ConversationProbe {
    ConversationProbe {
        login: Some(login.to_owned()),
        password: Some(Secret::new(word.to_owned())),
        ..question
    }
}

/// What came of the question.
pub(super) async fn outcome(address: SocketAddr, question: ConversationProbe) -> Outcome {
    within(address, question, AMPLE).await.outcome
}

/// What came of the question within a limit.
pub(super) async fn within(
    address: SocketAddr,
    question: ConversationProbe,
    limit: Duration,
) -> Report {
    let probe = probe(address, ProbeKind::Conversation(question), limit);
    run(&probe, &ProbeSettings::new()).await
}

/// The words of an answer that must be good.
pub(super) async fn good_talk(address: SocketAddr, question: ConversationProbe) -> String {
    match outcome(address, question).await {
        Outcome::Good { detail } => detail,
        other => panic!("expected a good answer, got {other:?}"),
    }
}

/// The reason of a failure that must be one.
pub(super) async fn bad_talk(address: SocketAddr, question: ConversationProbe) -> String {
    match outcome(address, question).await {
        Outcome::Failed { reason } => reason,
        other => panic!("expected a failure, got {other:?}"),
    }
}

/// A server that greets and then answers each line by the first rule whose beginning fits, and hangs up where none does.
pub(super) async fn scripted(
    greeting: &'static str,
    rules: &'static [(&'static str, &'static str)],
) -> (SocketAddr, ReceivedRequest) {
    let seen = ReceivedRequest::default();
    let record = Arc::clone(&seen);
    let address = serve(move |stream| {
        let record = Arc::clone(&record);
        async move {
            let mut stream = BufReader::new(stream);
            let _ = stream.write_all(greeting.as_bytes()).await;
            let mut line = String::new();
            while let Ok(1..) = stream.read_line(&mut line).await {
                record.lock().unwrap().push(line.trim_end().to_owned());
                let Some((_, answer)) = rules.iter().find(|(start, _)| line.starts_with(start))
                else {
                    return;
                };
                let _ = stream.write_all(answer.as_bytes()).await;
                line.clear();
            }
        }
    })
    .await;
    (address, seen)
}

/// What a scripted server has been told so far.
pub(super) fn told(seen: &ReceivedRequest) -> Vec<String> {
    seen.lock().unwrap().clone()
}
