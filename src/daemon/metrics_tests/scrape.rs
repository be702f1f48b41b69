//! Reads the pages of a daemon by TCP, and has promtool look at what they say.

use std::collections::HashMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::api::apply::ApplyRequest;
use crate::api::overrides::{OverrideOutcome, OverrideRequest};
use crate::api::takeover::{TakeOverOutcome, TakeOverRequest};
use crate::api::wire::UnfreezeOutcome;
use crate::api::{ApiError, Control, EventJournal, Overview, PageListener, ReloadOutcome};

/// A daemon with a state that does not change.
struct Still(Overview, EventJournal);

impl Control for Still {
    fn events(&self) -> &EventJournal {
        &self.1
    }

    async fn overview(&self) -> Result<Overview, ApiError> {
        Ok(self.0.clone())
    }

    async fn reload(&self, _: bool) -> Result<ReloadOutcome, ApiError> {
        Err(ApiError::Stopping)
    }

    async fn take_over(&self, _: TakeOverRequest) -> Result<TakeOverOutcome, ApiError> {
        Err(ApiError::Stopping)
    }

    async fn unfreeze(&self) -> Result<UnfreezeOutcome, ApiError> {
        Err(ApiError::Stopping)
    }

    async fn set_override(&self, _: OverrideRequest) -> Result<OverrideOutcome, ApiError> {
        Err(ApiError::Stopping)
    }

    async fn apply(&self, _: ApplyRequest) -> Result<ReloadOutcome, ApiError> {
        Err(ApiError::Stopping)
    }

    async fn end_trial(&self, _: bool) -> Result<(), ApiError> {
        Err(ApiError::Stopping)
    }
}

/// Status line and body for each of these requests.
pub(super) async fn answers(overview: Overview, requests: &[&str]) -> Vec<(String, String)> {
    let listener = PageListener::bind("127.0.0.1:0".parse().unwrap(), 1024).unwrap();
    let address = listener.address();
    let serving = tokio::spawn(listener.serve(Arc::new(Still(overview, EventJournal::default()))));
    let mut answers = Vec::new();
    for request in requests {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("{request} HTTP/1.1\r\nHost: x\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.lines().next().unwrap().replace("HTTP/1.1 ", "");
        answers.push((status[..3].to_owned(), body.to_owned()));
    }
    serving.abort();
    answers
}

pub(super) async fn scrape(overview: Overview) -> String {
    let (status, text) = answers(overview, &["GET /metrics"]).await.remove(0);
    assert_eq!(status, "200", "{text}");
    text
}

/// The values of a text, by series.
pub(super) fn values(text: &str) -> HashMap<&str, f64> {
    let mut values = HashMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let former = values.insert(series, value.parse().unwrap());
        assert!(former.is_none(), "{series} has two values");
    }
    values
}

/// Runs Debian's promtool; what it says where it finds a fault.
pub(super) fn promtool(arguments: &[&str], input: &str) -> Result<(), String> {
    let mut child = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("promtool: {error}; tests/lab/install installs it"))?;
    let mut stdin = child.stdin.take().unwrap();
    // It reads all of it, or says why not.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    match output.status.success()
        && (arguments[0] != "check" || arguments[1] != "metrics" || said.is_empty())
    {
        true => Ok(()),
        false => Err(said),
    }
}
