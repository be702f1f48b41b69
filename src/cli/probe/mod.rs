//! `ipvsctl probe`: asks one server one question, as the daemon would, and says what came of it.

mod question;
mod tls;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use director_core::health::{Outcome, Report};
use director_core::model::{Probe, ProxyHeader};

use self::question::{Kind, QuestionArgs};
use super::error::CliError;
use super::output::{Exit, Output};
use crate::probe::{ProbeSettings, run as ask};

/// The longest time limit.
const LONGEST: Duration = Duration::from_secs(3600);

/// Arguments of `ipvsctl probe`.
#[derive(Debug, Args)]
pub(super) struct ProbeArgs {
    /// Protocol of the check
    #[arg(value_name = "KIND")]
    kind: Kind,
    /// Server to probe: 192.0.2.1, 192.0.2.1:80, 2001:db8::1 or [2001:db8::1]:80; without a port the default port of the protocol
    #[arg(value_name = "ADDRESS", value_parser = whom)]
    whom: (IpAddr, Option<u16>),
    /// Time limit of the probe, in seconds
    #[arg(long, short, value_name = "SECONDS", default_value = "3", value_parser = seconds)]
    timeout: Duration,
    /// Address of this host to probe from
    #[arg(long, value_name = "ADDRESS", help_heading = "Connection options")]
    source: Option<IpAddr>,
    /// Version of the PROXY protocol: begin each TCP connection with its header
    #[arg(long, value_name = "VERSION", value_parser = proxy_header, help_heading = "Connection options")]
    proxy_header: Option<ProxyHeader>,
    #[command(flatten)]
    question: QuestionArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Asks, prints, and tells by the exit status.
pub(super) fn run(args: &ProbeArgs, output: &mut Output) -> Result<Exit, CliError> {
    let (address, port) = args.whom;
    let probe = Probe {
        kind: Arc::new(args.kind.question(&args.question)?),
        address,
        port: port.unwrap_or_else(|| args.kind.port()),
        timeout: args.timeout,
        vip_path: None,
        source: args.source,
        proxy_header: args.proxy_header,
    };
    if args.proxy_header.is_some() && !probe.kind.uses_tcp() {
        return Err(CliError::ProbeIgnores {
            option: "--proxy-header",
            kind: args.kind.name(),
        });
    }
    if (args.source).is_some_and(|source| source.is_ipv4() != address.is_ipv4()) {
        return Err(CliError::ProbeLacks(
            "a source address of the family of the server: both IPv4, or both IPv6",
        ));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    let report = runtime.block_on(ask(&probe, &ProbeSettings::new()));
    // A name that is still being looked up must not hold us.
    runtime.shutdown_background();
    if args.json {
        output.json(&report)?;
    } else {
        output.text(&line(&report))?;
    }
    Ok(match report.outcome {
        Outcome::Good { .. } => Exit::Fine,
        Outcome::Failed { .. } => Exit::Found,
        Outcome::LocalError { .. } => Exit::Refused,
    })
}

fn line(report: &Report) -> String {
    let result = match report.outcome {
        Outcome::Good { .. } => "passed",
        Outcome::Failed { .. } => "failed",
        Outcome::LocalError { .. } => "local error",
    };
    let millis = report.took.as_secs_f64() * 1000.0;
    let detail = report.outcome.to_string();
    // The reason of a local error may say so itself.
    let detail = detail.strip_prefix("local error: ").unwrap_or(&detail);
    format!("{result} after {millis:.1} ms: {detail}\n")
}

fn whom(text: &str) -> Result<(IpAddr, Option<u16>), &'static str> {
    if let Ok(whole) = text.parse::<SocketAddr>() {
        return Ok((whole.ip(), Some(whole.port())));
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    bare.unwrap_or(text)
        .parse()
        .map(|address| (address, None))
        .map_err(|_| "write an address, or an address and a port: 192.0.2.1:80, [2001:db8::1]:80")
}

fn proxy_header(text: &str) -> Result<ProxyHeader, &'static str> {
    match text {
        "v1" => Ok(ProxyHeader::V1),
        "v2" => Ok(ProxyHeader::V2),
        _ => Err("write v1 or v2"),
    }
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let number = text.strip_suffix('s').unwrap_or(text);
    number
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|limit| !limit.is_zero() && *limit <= LONGEST)
        .ok_or("write a number of seconds above 0, and at most 3600: 3, 0.5s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_with_and_without_ports() {
        let port = |text| whom(text).map(|(_, port)| port);
        assert_eq!(port("192.0.2.1"), Ok(None));
        assert_eq!(port("192.0.2.1:80"), Ok(Some(80)));
        assert_eq!(port("2001:db8::1"), Ok(None));
        assert_eq!(port("[2001:db8::1]"), Ok(None));
        assert_eq!(port("[2001:db8::1]:80"), Ok(Some(80)));
        assert!(port("www.example.org:80").is_err());
        assert!(port("192.0.2.1:99999").is_err());
    }

    #[test]
    fn limits_are_seconds_above_zero_and_an_hour_at_most() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(seconds("3600"), Ok(LONGEST));
        for text in ["0", "-1", "NaN", "inf", "1e300", "x", "3601", "1e19"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
