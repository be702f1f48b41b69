//! `ipvsctl overrides`: the standing overrides as a table, or as JSON.

use clap::Args;
use jiff::{SignedDuration, Zoned};

use super::shown;
use crate::api::overrides::ActiveOverride;
use crate::cli::error::CliError;
use crate::cli::output::{Exit, Output};
use crate::cli::status::{SocketArg, asked, span};

/// The arguments as typed.
#[derive(Debug, Args)]
pub(in crate::cli) struct OverridesArgs {
    #[command(flatten)]
    socket: SocketArg,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Lists the standing overrides.
pub(in crate::cli) fn run(args: &OverridesArgs, output: &mut Output) -> Result<Exit, CliError> {
    let status = asked(args.socket.client().status())?;
    if args.json {
        output.json(&status.overrides)?;
    } else {
        output.text(&render(&status.overrides, &Zoned::now()))?;
    }
    Ok(Exit::Fine)
}

fn render(overrides: &[ActiveOverride], now: &Zoned) -> String {
    if overrides.is_empty() {
        return "no overrides\n".to_owned();
    }
    overrides.iter().map(|one| block(one, now)).collect()
}

fn block(one: &ActiveOverride, now: &Zoned) -> String {
    let status = &one.status;
    let clock = |seconds: f64| {
        let at = now.saturating_add(SignedDuration::from_secs_f64(seconds));
        at.strftime("%F %H:%M:%S").to_string()
    };
    let end = match status.expires_in_seconds {
        Some(left) => format!("until {} ({} left)", clock(left), span(left)),
        None => "until removed".to_owned(),
    };
    let undefined = if one.defined {
        ""
    } else {
        "  (not configured)"
    };
    format!(
        "{}{undefined}\n  {}: {}\n  by {} at {} ({} ago), {end}\n",
        shown(&one.server),
        status.kind,
        status.reason,
        status.author,
        clock(-status.age_seconds),
        span(status.age_seconds),
    )
}

#[cfg(test)]
mod tests {
    use director_core::overrides::OverrideKind;

    use super::*;
    use crate::api::overrides::AffectedServer;
    use crate::api::overrides::OverrideStatus;

    #[test]
    fn each_override_shows_author_reason_time_and_end() {
        let active = |kind, expires_in_seconds, defined| ActiveOverride {
            server: AffectedServer {
                name: "web".to_owned(),
                listen: "tcp 192.0.2.10:80".to_owned(),
                address: "10.0.0.11:80".to_owned(),
            },
            defined,
            status: OverrideStatus {
                kind,
                author: "ann".to_owned(),
                reason: "kernel upgrade".to_owned(),
                age_seconds: 720.0,
                expires_in_seconds,
            },
        };
        let overrides = [
            active(OverrideKind::Drain, Some(1_080.0), true),
            active(OverrideKind::Weight(3), None, false),
        ];
        let now: Zoned = "2026-11-25T20:12:00+00:00[UTC]".parse().unwrap();
        let expected = "\
tcp 192.0.2.10:80 (web) 10.0.0.11:80
  drain: kernel upgrade
  by ann at 2026-11-25 20:00:00 (12m00s ago), until 2026-11-25 20:30:00 (18m00s left)
tcp 192.0.2.10:80 (web) 10.0.0.11:80  (not configured)
  weight 3: kernel upgrade
  by ann at 2026-11-25 20:00:00 (12m00s ago), until removed
";
        assert_eq!(render(&overrides, &now), expected);
        assert_eq!(render(&[], &now), "no overrides\n");
    }
}
