//! The events of a simulation: one a line, each with its time. The simulator plays them.

mod hosts;
mod line;
mod words;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use director_core::diagnostic::{Diagnostic, Place};
use director_core::model::Model;
use director_core::moment::Moment;
use director_core::overrides::{OverrideCommand, Target};

use crate::loader::LoadReport;
use hosts::Hosts;

/// What can be written.
pub(super) const HELP: &str = "Events, one per line, each with its time; # starts a comment.

  10s  192.168.6.4 fails               its probes fail (connection refused)
  10s  192.168.6.4 fails \"status 503\"  the same, with another reason
  10s  192.168.6.4 fails for 40s       the same, but only until 50s
  10s  192.168.6.4 silent              its probes get no answer
  50s  192.168.6.4 works               its probes pass again
  60s  192.168.6.5 flaps 3s            it changes every 3 s, until it fails or works
  60s  192.168.6.5 flaps 3s for 1m     the same, but it works from 120s on
  65s  192.168.6.5 says \"75%\"          its agent or its weight file reports this
  70s  192.168.6.5 weight 7            another program sets its weight in the kernel
  75s  192.168.6.5 removed             another program removes it from the kernel
  80s  192.168.6.5 connections 12      it has 12 active connections
  120s end                             the end (default: 60 s after the last event)

Name a server by its address or by its host name in the configuration. The first part of
a host name is enough. Separate several servers by commas. `all` means every real server
of every service. A line without a time defines a name of your own:

  web2 is 192.168.6.5
  10s  192.168.6.4, web2 fail for 40s

Write overrides as for ipvsctl: the virtual service (without it, all services), the real
server, a duration and a reason. As with ipvsctl, some are refused without --force or
--replace. `explain` explains the weight of a server, step by step.

  20s  drain web web2 for 30m \"kernel upgrade\"
  30s  disable web web2
  40s  maintenance web2
  50s  weight web web2 to 5
  60s  enable web web2
  61s  explain web web2";

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Script {
    /// Events in the order of their time.
    pub(super) steps: Vec<(Moment, ScriptStep)>,
    pub(super) end: Moment,
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ScriptStep {
    /// Something becomes of a real server.
    Server(IpAddr, ServerAction),
    /// An operator gives or lifts orders.
    Override {
        /// The order as it was written.
        words: String,
        command: OverrideCommand,
        /// Whatever it takes out.
        force: bool,
        /// Whatever override of a server it replaces or ends.
        replace: bool,
    },
    /// Somebody asks how weights come about.
    Explain(Vec<Target>),
}

/// What becomes of a real server.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ServerAction {
    Fails(String),
    Works,
    Flaps(Duration),
    Says(String),
    Weight(u32),
    Connections(u32),
    Removed,
}

/// Reads a script about these definitions; all faults at once. Without definitions every name is let pass.
pub(super) fn parse(
    text: &str,
    file: &Arc<str>,
    model: Option<&Model>,
) -> Result<Script, LoadReport> {
    let mut hosts = Hosts::new(model);
    let mut steps = Vec::new();
    let mut end = None;
    let mut diagnostics = Vec::new();
    for (index, written) in text.lines().enumerate() {
        match line::read(written, &mut hosts) {
            Ok(line::ScriptLine::Nothing) => {}
            Ok(line::ScriptLine::End(at)) => end = Some(at),
            Ok(line::ScriptLine::Steps(found)) => steps.extend(found),
            Err(fault) => {
                let place = Place::new(
                    file,
                    number(index + 1),
                    number(fault.column),
                    number(fault.length),
                );
                diagnostics.push(Diagnostic::error(&place, fault.message).hint(fault.hint));
            }
        }
    }
    if !diagnostics.is_empty() {
        return Err(LoadReport {
            file: Arc::clone(file),
            text: Arc::from(text),
            watched: BTreeMap::new(),
            secret_files: Arc::default(),
            included: BTreeMap::new(),
            diagnostics,
        });
    }
    steps.sort_by_key(|(at, _)| *at);
    let last = steps.last().map_or(Moment::START, |(at, _)| *at);
    Ok(Script {
        steps,
        end: end.unwrap_or(last + Duration::from_secs(60)),
    })
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
