//! What tests of protocols are made of: checks, and servers that follow a script.

use super::*;
use director_core::model::{
    CheckProtocol, Pattern, Protocol, ProtocolCheck, ProtocolSettings, Secret, TlsCheck, TlsStart,
};
use tokio::io::{AsyncBufReadExt, BufReader};

/// A protocol and the settings of its check, whether it takes them or not.
#[derive(Debug, Clone)]
pub(super) struct ProtocolQuestion {
    pub(super) protocol: CheckProtocol,
    pub(super) transport: Protocol,
    pub(super) request: Option<String>,
    pub(super) receive: Option<Pattern>,
    pub(super) login: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) database: Option<String>,
    pub(super) secret: Option<Secret>,
    pub(super) tls: Option<TlsCheck>,
    pub(super) service: Option<String>,
}

impl ProtocolQuestion {
    pub(super) fn check(self) -> ProtocolCheck {
        self.protocol.row().check(ProtocolSettings {
            transport: Some(self.transport),
            tls: self.tls,
            request: self.request,
            receive: self.receive,
            login: self.login,
            password: self.password,
            database: self.database,
            secret: self.secret,
            service: self.service,
        })
    }
}

/// A question that says no more than its protocol.
pub(super) fn question(protocol: CheckProtocol) -> ProtocolQuestion {
    ProtocolQuestion {
        protocol,
        transport: Protocol::Tcp,
        request: None,
        receive: None,
        login: None,
        password: None,
        database: None,
        secret: None,
        tls: None,
        service: None,
    }
}

/// The question with TLS that begins so.
pub(super) fn with_tls(question: ProtocolQuestion, start: TlsStart) -> ProtocolQuestion {
    ProtocolQuestion {
        tls: Some(TlsCheck {
            start,
            ..TlsCheck::default()
        }),
        ..question
    }
}

/// The question with an expectation.
pub(super) fn receiving(question: ProtocolQuestion, pattern: &str) -> ProtocolQuestion {
    ProtocolQuestion {
        receive: Some(Pattern::parse(pattern).unwrap()),
        ..question
    }
}

/// The question with a login.
pub(super) fn with_login(question: ProtocolQuestion, login: &str, word: &str) -> ProtocolQuestion {
    ProtocolQuestion {
        login: Some(login.to_owned()),
        password: Some(Secret::new(word.to_owned())),
        ..question
    }
}

/// What came of the question.
pub(super) async fn outcome(address: SocketAddr, question: ProtocolQuestion) -> Outcome {
    within(address, question, AMPLE).await.outcome
}

/// What came of the question within a limit.
pub(super) async fn within(
    address: SocketAddr,
    question: ProtocolQuestion,
    limit: Duration,
) -> Report {
    let probe = probe(address, ProbeKind::Protocol(question.check()), limit);
    run(&probe, &ProbeSettings::new()).await
}

/// The words of an answer that must be good.
pub(super) async fn good_talk(address: SocketAddr, question: ProtocolQuestion) -> String {
    match outcome(address, question).await {
        Outcome::Good { detail } => detail,
        other => panic!("expected a good answer, got {other:?}"),
    }
}

/// The reason of a failure that must be one.
pub(super) async fn bad_talk(address: SocketAddr, question: ProtocolQuestion) -> String {
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
