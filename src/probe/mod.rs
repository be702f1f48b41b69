//! Asks real servers: [`run`] performs one probe within its time limit and says in words what came of it. When to ask and
//! what follows from the answer is the core's business.
//!
//! **Invariant:** every probe opens a connection of its own and closes it; nothing is pooled, resumed or remembered
//! between two probes. **Invariant:** nothing outlives `run`; what a probe started ends with it, also at its time limit. Only
//! a TLS configuration, which all probes share, is made to its end.

mod advice;
mod advice_error;
mod command;
mod command_error;
mod contact;
mod error;
mod gate;
mod hold;
mod http;
mod http2;
mod lookup;
mod mask;
mod matcher;
mod memory;
mod metered;
mod origin;
mod own_network;
mod pauses;
mod ping;
mod program_queue;
mod protocol;
mod random;
mod settings;
mod stopwatch;
mod stream;
mod tls;
mod tls_contexts;
mod tls_error;
mod vip_path;
mod words;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::Duration;

use director_core::health::{Contact, Outcome, Report};
use director_core::model::{Probe, ProbeKind};
use tokio::time::{Instant, timeout};

use error::ProbeError;
pub use gate::{Gate, ProbeTurn};
pub use hold::Holder;
pub use own_network::reaches_anything;
pub use program_queue::ProgramOwner;
pub use settings::ProbeSettings;
use words::one_line;

/// How late a time limit may be noticed on a busy machine.
const OVERSLEPT: Duration = Duration::from_secs(1);

/// Performs `probe`. The report says that the server failed when it did not answer as expected within the probe's time
/// limit, and that the director was unable to ask when the fault lies on this side: no route, no descriptor left, a
/// question that cannot be put into bytes.
pub async fn run(probe: &Probe, settings: &ProbeSettings) -> Report {
    let started = Instant::now();
    let (settings, watch) = settings.timed(probe, limit(probe));
    let answer = match vip_path::settings_for(probe, &settings) {
        Ok(settings) => match timeout(limit(probe), ask(probe, &settings)).await {
            Ok(answer) => answer,
            Err(_) if settings.lacked_memory() => Err(ProbeError::NoTurnToRead),
            Err(_) => Err(vip_path::silence(probe, &settings)),
        },
        Err(error) => Err(error),
    };
    let took = started.elapsed();
    let answer = answer.map_err(|error| {
        let overslept = took
            .checked_sub(limit(probe))
            .filter(|late| *late > OVERSLEPT);
        unless_paused(
            error,
            settings.pause_since(started, limit(probe)).or(overslept),
        )
    });
    let phases = watch.phases();
    let contact = match &answer {
        Err(error) if phases.connect.is_none() || error.is_ours() => error.contact(),
        // A server that accepts a connection is there, whatever follows.
        _ => Contact::Answered,
    };
    Report {
        outcome: outcome(answer, &probe.kind),
        took,
        contact,
        phases,
    }
}

/// An error that a pause of this process explains is not the server's.
fn unless_paused(error: ProbeError, pause: Option<Duration>) -> ProbeError {
    match pause {
        Some(length) if error.may_come_from_a_pause() && !error.is_ours() => {
            ProbeError::Paused(length)
        }
        _ => error,
    }
}

/// The time for the whole probe. Each of several echo requests has the probe's limit for itself.
fn limit(probe: &Probe) -> Duration {
    match *probe.kind {
        ProbeKind::Ping { attempts } => probe.timeout.saturating_mul(attempts.saturating_add(1)),
        _ => probe.timeout,
    }
}

/// The one place where texts of servers, agents and programs leave the probe: into history, log, state and notifications.
/// Secrets of the probe are masked before a text is cut, so that no part of one is left.
fn outcome(answer: Result<String, ProbeError>, kind: &ProbeKind) -> Outcome {
    let credentials = credentials(kind);
    let shown = |text: String| one_line(&mask::mask(text, &credentials));
    match answer {
        // Words that the core reads; a tab parts them as well as a blank. It keeps and shows what it has read.
        Ok(detail) if matches!(kind, ProbeKind::Advice(_)) => Outcome::Good {
            detail: shown(detail.replace(char::is_control, " ")),
        },
        Ok(detail) => Outcome::Good {
            detail: shown(detail),
        },
        Err(error) if error.is_ours() => Outcome::LocalError {
            reason: shown(error.to_string()),
        },
        Err(error) => Outcome::Failed {
            reason: shown(error.to_string()),
        },
    }
}

/// The secrets of a probe, as they are written and as they are sent.
fn credentials(kind: &ProbeKind) -> Vec<(String, String)> {
    let owned = |(user, secret): (&str, &str)| (user.to_owned(), secret.to_owned());
    let mut all: Vec<_> = kind.credentials().into_iter().map(owned).collect();
    if let ProbeKind::Http(question) = kind
        && let Some((user, password)) = question.target.user_and_password()
    {
        let sent = |text| String::from_utf8_lossy(&http::decode(text)).into_owned();
        all.push((sent(user), sent(password)));
    }
    all
}

/// Asks the question itself; the words of a good answer come back.
async fn ask(probe: &Probe, settings: &ProbeSettings) -> Result<String, ProbeError> {
    let peer = SocketAddr::new(probe.address, probe.port);
    match &*probe.kind {
        ProbeKind::AlwaysUp => Ok("no check, always up".to_owned()),
        ProbeKind::AlwaysDown => Err(ProbeError::AlwaysDown),
        ProbeKind::Connect => {
            stream::open(peer, None, settings).await?;
            Ok("connected".to_owned())
        }
        ProbeKind::Http(question) => http::ask(peer, question, settings).await,
        ProbeKind::Ping { attempts } => {
            ping::ask(probe.address, *attempts, probe.timeout, settings).await
        }
        // Boxed, so that thousands of plain probes do not take the room of these.
        ProbeKind::Command(question) => Box::pin(command::ask(question, settings)).await,
        ProbeKind::Protocol(check) => Box::pin(protocol::ask(peer, check, settings)).await,
        ProbeKind::Advice(source) => Box::pin(advice::ask(peer, source, settings)).await,
    }
}

#[cfg(test)]
mod pause_tests {
    use super::*;

    #[test]
    fn a_probe_that_was_slept_through_says_nothing_about_the_server() {
        let paused = unless_paused(ProbeError::Reset, Some(Duration::from_secs(10)));
        assert!(paused.is_ours());
        assert_eq!(
            paused.to_string(),
            "local error: ipvsd was paused or overloaded for 10 s"
        );
        assert!(!unless_paused(ProbeError::Reset, None).is_ours());
        // What a server said stays true, however late it was read.
        let said = [
            ProbeError::Refused,
            ProbeError::BodyLacks("OK".to_owned()),
            ProbeError::Status {
                status: 503,
                expected: Vec::new(),
            },
        ];
        for error in said {
            let words = error.to_string();
            let kept = unless_paused(error, Some(Duration::from_secs(10)));
            assert_eq!((kept.to_string(), kept.is_ours()), (words, false));
        }
        // A fault of this host is named as it is.
        let ours = unless_paused(ProbeError::NoPort, Some(Duration::from_secs(10)));
        assert_eq!(ours.to_string(), ProbeError::NoPort.to_string());
    }
}
#[cfg(test)]
mod size_tests {
    use super::*;

    #[test]
    fn a_plain_probe_takes_little_memory_while_it_waits() {
        let peer = "127.0.0.1:1".parse().unwrap();
        let probe = tests::probe(peer, ProbeKind::Connect, Duration::from_secs(1));
        let settings = ProbeSettings::default();
        // Ten thousand may wait at the same time.
        let size = std::mem::size_of_val(&run(&probe, &settings));
        assert!(size <= 4096, "{size} bytes");
    }
}
