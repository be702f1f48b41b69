//! The director's notices in words, for log and timeline.

use std::fmt;

use super::{HostResult, Notice};
use crate::model::{BelowMinimum, HostChange, MOST_TIMES_CONFIGURED};
use crate::recovery::DrainEnd;

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loaded {
                services,
                real_servers,
                ..
            } => write!(
                f,
                "configuration loaded: {}, {}",
                counted(*services, "virtual service"),
                counted(*real_servers, "real server")
            ),
            Self::LoadRefused { diagnostics } => {
                let errors = diagnostics
                    .iter()
                    .filter(|finding| finding.is_error())
                    .count();
                write!(
                    f,
                    "configuration refused ({}); the previous one stays in force; ipvsctl status shows the errors",
                    counted(errors, "error")
                )
            }
            Self::HealthChanged {
                name,
                server,
                transition,
                ..
            } => {
                let assumed = if transition.was_assumed {
                    "assumed "
                } else {
                    ""
                };
                write!(
                    f,
                    "{name} {server} {assumed}{} -> {}: {}",
                    transition.from, transition.to, transition.reason
                )
            }
            Self::CheckChanged {
                name,
                server,
                check,
                transition,
            } => write!(
                f,
                "{name} {server} check {check} {} -> {}: {}; the server's health is unchanged",
                transition.from, transition.to, transition.reason
            ),
            Self::Failing {
                name,
                server,
                failures,
                limit,
                reason,
                ..
            } => {
                write!(f, "{name} {server} failing {failures} of {limit}: {reason}")
            }
            Self::Recovered { name, server, .. } => {
                write!(f, "{name} {server} recovered, failure count reset")
            }
            Self::LocalError {
                name,
                server,
                reason,
            } => {
                write!(
                    f,
                    "{name} {server} could not be probed, health unchanged: {reason}"
                )
            }
            Self::Freeze(notice) => notice.fmt(f),
            Self::Advised {
                name,
                server,
                adviser,
                words,
            } => write!(f, "{name} {server} {adviser} says \"{words}\""),
            Self::AdviceLimited {
                name,
                server,
                adviser,
                wanted,
                largest,
            } => write!(
                f,
                "{name} {server} {adviser} says weight {wanted}, limited to {largest}: at most {MOST_TIMES_CONFIGURED} \
                 times the configured weight, and at most 65535; to allow more, raise the configured weight"
            ),
            Self::Unheard {
                name,
                server,
                adviser,
                reason,
            } => write!(
                f,
                "{name} {server} {adviser} unreachable, keeping its last report: {reason}"
            ),
            Self::Held {
                name,
                server,
                until_in,
            } => {
                write!(
                    f,
                    "{name} {server} is flapping, kept down for {} s while another server is up",
                    until_in.as_secs()
                )
            }
            Self::Released { name, server } => {
                write!(f, "{name} {server} stopped flapping, back in service")
            }
            Self::OverrideSet {
                name,
                server,
                override_,
                ..
            } => write!(
                f,
                "{name} {server} {override_} (override by {})",
                override_.author
            ),
            Self::OverrideCleared {
                name,
                server,
                override_,
                ..
            } => write!(
                f,
                "{name} {server} {} ended ({}; override by {})",
                override_.kind, override_.reason, override_.author
            ),
            Self::OverrideIdle {
                name,
                service,
                server,
                override_,
                now_at: (other, place),
            } => write!(
                f,
                "{name} {server} {override_} no longer applies: {service} has no server {server} now, and {other} has {place}; set the \
                 override again there (override by {})",
                override_.author
            ),
            Self::ServiceStateChanged {
                name,
                from: Some(from),
                to,
                ..
            } => write!(f, "{name}: {from} -> {to}"),
            Self::ServiceStateChanged { name, to, .. } => write!(f, "{name}: {to}"),
            Self::Tier { name, from, to, .. } if to > from => write!(
                f,
                "{name}: tiers up to {from} have too few real servers, tier {to} serves too"
            ),
            Self::Tier { name, to, .. } => {
                write!(f, "{name}: tiers up to {to} have enough real servers again")
            }
            Self::Shortage {
                name,
                shortage: Some(shortage),
                below,
                ..
            } => {
                let consequence = match below {
                    BelowMinimum::Fallback => "using the fallback if there is one",
                    BelowMinimum::KeepAll => "ignoring health, all servers serve",
                    BelowMinimum::Withdraw => "withdrawing the service from the kernel",
                };
                write!(f, "{name}: {shortage}; {consequence}")
            }
            Self::Shortage { name, .. } => {
                write!(f, "{name}: enough real servers are available again")
            }
            Self::Draining {
                name,
                server,
                active,
                rule,
                ..
            } => {
                let limit = rule.timeout.map_or_else(String::new, |timeout| {
                    format!(", for {} s at most", timeout.as_secs())
                });
                write!(
                    f,
                    "{name} {server} draining: {} left{limit}",
                    counted(*active as usize, "connection")
                )
            }
            Self::Drained {
                name,
                server,
                took,
                end,
                ..
            } => {
                let seconds = took.as_secs();
                match end {
                    DrainEnd::Empty => write!(f, "{name} {server} drained after {seconds} s"),
                    DrainEnd::TimedOut(left) => write!(
                        f,
                        "{name} {server} drain time limit of {seconds} s reached, {} left",
                        counted(*left as usize, "connection")
                    ),
                }
            }
            Self::Drift { step, .. } => write!(f, "drift: {step}"),
            Self::Change { step, .. } => step.fmt(f),
            Self::Refused { failure, retry_in } => {
                write!(
                    f,
                    "the kernel refused a change: {failure}; next attempt in {} s",
                    retry_in.as_secs()
                )
            }
            Self::Unreadable { message, retry_in } => {
                write!(f, "{message}; next attempt in {} s", retry_in.as_secs())
            }
            Self::Restored {
                overrides,
                bad,
                drains,
            } => {
                write!(
                    f,
                    "restored state: {}, {} known to be down",
                    counted(*overrides, "override"),
                    counted(*bad, "real server")
                )?;
                match drains {
                    0 => Ok(()),
                    _ => write!(f, ", {} under way", counted(*drains, "drain")),
                }
            }
            Self::Persist {
                failure: Some(failure),
            } => write!(
                f,
                "cannot save the state file: {failure}; overrides and health will not survive a restart; fix the disk or --state"
            ),
            Self::Persist { failure: None } => f.write_str("the state is saved again"),
            Self::Host {
                change,
                result,
                reason,
            } => match result {
                HostResult::Unchanged => write!(f, "{change} is in place"),
                HostResult::Made(Some(before)) if is_sync_daemon(change) => {
                    write!(f, "started {change}; {before} ({reason})")
                }
                HostResult::Made(Some(former)) => {
                    write!(f, "set {change}, was {former} ({reason})")
                }
                HostResult::Made(None) => {
                    let verb = match change {
                        HostChange::Setting { .. } | HostChange::Timeout { .. } => "set",
                        HostChange::SyncDaemon(_) => "started",
                        _ => "added",
                    };
                    write!(f, "{verb} {change} ({reason})")
                }
                HostResult::Undone(Some(former)) => restored(f, change, former, reason),
                HostResult::Undone(None) if !reason.is_empty() => {
                    write!(f, "removed {change} ({reason})")
                }
                HostResult::Undone(None) if is_sync_daemon(change) => write!(f, "stopped {change}"),
                HostResult::Undone(None) => write!(f, "removed {change}"),
                HostResult::Failed(why) | HostResult::Waits(why) => write!(f, "{change}: {why}"),
            },
            Self::Stopping { removed, kept } => {
                write!(
                    f,
                    "stopping: removing {} from the kernel, keeping {kept}",
                    counted(*removed, "virtual service")
                )
            }
            Self::SettingsStay {
                settings,
                sync_daemons,
            } => write!(
                f,
                "keeping {}, because the kernel goes on balancing; a stop that leaves nothing behind restores the former values",
                kept_things(*settings, *sync_daemons)
            ),
        }
    }
}

/// A setting or a timeout that has its former value again.
fn restored(
    f: &mut fmt::Formatter<'_>,
    change: &HostChange,
    former: &str,
    reason: &str,
) -> fmt::Result {
    match change {
        HostChange::Setting { name, value, .. } => {
            write!(f, "restored {name}={former}, was {value}")?;
        }
        HostChange::Timeout { of, seconds } => {
            let name = of.name();
            write!(f, "restored timeout {name} {former} s, was {seconds} s")?;
        }
        _ => write!(f, "restored {former}, was {change}")?,
    }
    match reason {
        "" => Ok(()),
        reason => write!(f, " ({reason})"),
    }
}

fn is_sync_daemon(change: &HostChange) -> bool {
    matches!(
        change,
        HostChange::SyncDaemon(_) | HostChange::SyncFollower(_)
    )
}

/// What stays at the end apart from services.
fn kept_things(settings: usize, sync_daemons: usize) -> String {
    let settings = (settings > 0).then(|| counted(settings, "kernel setting"));
    let daemons = (sync_daemons > 0).then(|| counted(sync_daemons, "sync daemon"));
    let all: Vec<String> = settings.into_iter().chain(daemons).collect();
    all.join(" and ")
}

/// `1 error`, `2 errors`.
fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TimeoutKind;

    fn host(change: &HostChange, result: HostResult) -> String {
        let notice = Notice::Host {
            change: change.clone(),
            result,
            reason: "dr".to_owned(),
        };
        notice.to_string()
    }

    #[test]
    fn settings_are_set_and_restored_by_name() {
        let setting = HostChange::setting("net.ipv4.vs.backup_only", "1");
        assert_eq!(
            host(&setting, HostResult::Made(None)),
            "set net.ipv4.vs.backup_only=1 (dr)"
        );
        assert_eq!(
            host(&setting, HostResult::Undone(Some("0".to_owned()))),
            "restored net.ipv4.vs.backup_only=0, was 1 (dr)"
        );
        let timeout = HostChange::Timeout {
            of: TimeoutKind::Tcp,
            seconds: 60,
        };
        assert_eq!(
            host(&timeout, HostResult::Undone(Some("900".to_owned()))),
            "restored timeout tcp 900 s, was 60 s (dr)"
        );
    }

    #[test]
    fn a_stop_counts_its_services() {
        let stopping = |removed| Notice::Stopping { removed, kept: 0 }.to_string();
        assert!(stopping(1).contains(" 1 virtual service from"));
        assert!(stopping(2).contains(" 2 virtual services from"));
    }
}
