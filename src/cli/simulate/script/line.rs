//! One line of a script: a time and what happens then, or a name.

use std::net::IpAddr;
use std::time::Duration;

use director_core::moment::Moment;
use director_core::overrides::{NewOverride, OverrideCommand, OverrideKind};

use super::hosts::Hosts;
use super::words::{ScriptError, Word, flag, lasts, option, quoted, words};
use super::{ScriptStep, ServerAction};
use crate::loader::duration;

/// Who gives the orders of a script.
const AUTHOR: &str = "the script";

/// What a line comes to.
pub(super) enum ScriptLine {
    /// It is empty, or gives a name.
    Nothing,
    End(Moment),
    /// Something happens, maybe more than one thing.
    Steps(Vec<(Moment, ScriptStep)>),
}

/// Reads a line; it may give a name to servers.
pub(super) fn read(text: &str, hosts: &mut Hosts<'_>) -> Result<ScriptLine, ScriptError> {
    let mut line = words(text);
    if let [name, is, servers] = line.as_slice()
        && is.text == "is"
        && duration(&name.text).is_none()
    {
        hosts.name(name, servers)?;
        return Ok(ScriptLine::Nothing);
    }
    if line.is_empty() {
        return Ok(ScriptLine::Nothing);
    }
    let time = line.remove(0);
    let at = duration(&time.text)
        .map(Moment::after_start)
        .ok_or_else(|| {
            time.fault(
                format!("{:?} is not a duration", time.text),
                "start with a time such as 10s or 1m30s",
            )
        })?;
    if line.is_empty() {
        return Err(time.fault(
            "this line has no event",
            "write a real server and an event, an override, or end",
        ));
    }
    let first = line.remove(0);
    match (first.text.as_str(), line.is_empty()) {
        ("end", true) => return Ok(ScriptLine::End(at)),
        ("drain" | "disable" | "maintenance" | "weight" | "enable" | "explain", _) => {
            return set_override(&first, line, hosts)
                .map(|step| ScriptLine::Steps(vec![(at, step)]));
        }
        _ => {}
    }
    let servers = hosts.servers(&first)?;
    let (act, lasts) = act(&first, line)?;
    let mut steps = Vec::new();
    let mut each = |at: Moment, act: &ServerAction| {
        let one = |server: &IpAddr| (at, ScriptStep::Server(*server, act.clone()));
        steps.extend(servers.iter().map(one));
    };
    each(at, &act);
    if let Some(lasts) = lasts {
        each(at + lasts, &ServerAction::Works);
    }
    Ok(ScriptLine::Steps(steps))
}

/// What becomes of a server, and for how long.
fn act(
    server: &Word,
    mut line: Vec<Word>,
) -> Result<(ServerAction, Option<Duration>), ScriptError> {
    let events = "write fails, silent, works, flaps, says, weight, connections or removed";
    if line.is_empty() {
        return Err(server.fault(format!("no event for {}", server.text), events));
    }
    let verb = line.remove(0);
    let passes = matches!(
        verb.text.as_str(),
        "fails" | "fail" | "silent" | "flaps" | "flap"
    );
    let lasts = if passes { lasts(&mut line)? } else { None };
    let texts: Vec<&str> = line.iter().map(|word| word.text.as_str()).collect();
    let argument = texts.join(" ");
    let at = line.first().unwrap_or(&verb);
    let number = |what: &str| {
        let wrong = |_| {
            at.fault(
                format!("{argument:?} is not a {what}"),
                format!("write a number, as in {} 7", verb.text),
            )
        };
        argument.parse().map_err(wrong)
    };
    let act = match verb.text.as_str() {
        "fails" | "fail" if argument.is_empty() => {
            ServerAction::Fails("connection refused".to_owned())
        }
        "fails" | "fail" => ServerAction::Fails(argument),
        "silent" if argument.is_empty() => ServerAction::Fails("no answer".to_owned()),
        "silent" | "works" | "work" | "removed" if !argument.is_empty() => {
            return Err(at.fault(
                format!("{argument:?} is not an argument of {}", verb.text),
                "remove it; write a duration as in fails for 40s",
            ));
        }
        "works" | "work" => ServerAction::Works,
        "removed" => ServerAction::Removed,
        "says" | "say" if argument.is_empty() => {
            return Err(at.fault(
                "says needs a text",
                "write a report of an agent, as in says \"75%\"",
            ));
        }
        "says" | "say" => ServerAction::Says(argument),
        "flaps" | "flap" => duration(&argument)
            .filter(|pace| !pace.is_zero())
            .map(ServerAction::Flaps)
            .ok_or_else(|| {
                at.fault(
                    format!("{argument:?} is not an interval"),
                    "write how often it changes, as in flaps 3s",
                )
            })?,
        "weight" => ServerAction::Weight(number("weight")?),
        "connections" => ServerAction::Connections(number("number of connections")?),
        other => return Err(verb.fault(format!("unknown event {other:?}"), events)),
    };
    Ok((act, lasts))
}

/// An operator's order, or a question.
fn set_override(
    verb: &Word,
    mut line: Vec<Word>,
    hosts: &Hosts<'_>,
) -> Result<ScriptStep, ScriptError> {
    let written: Vec<String> = line.iter().map(Word::to_string).collect();
    let words = format!("{} {}", verb.text, written.join(" "));
    let lasts = lasts(&mut line)?;
    let force = flag(&mut line, "force");
    let replace = flag(&mut line, "replace");
    let reason = quoted(&mut line).unwrap_or_else(|| "no reason given".to_owned());
    let kind = match verb.text.as_str() {
        "drain" => Some(OverrideKind::Drain),
        "disable" => Some(OverrideKind::Disable),
        "maintenance" => Some(OverrideKind::Maintenance),
        "weight" => Some(OverrideKind::Weight(weight(verb, &mut line)?)),
        _ => None,
    };
    // No order concerns a fallback, which serves when nobody else does.
    let explains = verb.text == "explain";
    let targets = match line.as_slice() {
        [server] => hosts.targets(None, server, explains)?,
        [service, server] => hosts.targets(Some(service), server, explains)?,
        _ => {
            return Err(verb.fault(
                format!("{} needs a service and a server", verb.text),
                format!("write the virtual service and the real server, as in {} web 10.0.0.12; put other words in \
                    quotes", verb.text),
            ));
        }
    };
    if explains {
        return Ok(ScriptStep::Explain(targets));
    }
    let author = AUTHOR.to_owned();
    let command = match kind {
        None => OverrideCommand::Clear { author, targets },
        Some(kind) => OverrideCommand::Set {
            author,
            overrides: targets
                .into_iter()
                .map(|target| NewOverride {
                    target,
                    kind,
                    reason: reason.clone(),
                    lasts,
                })
                .collect(),
        },
    };
    Ok(ScriptStep::Override {
        words,
        command,
        force,
        replace,
    })
}

fn weight(verb: &Word, line: &mut Vec<Word>) -> Result<u32, ScriptError> {
    let hint = "write the weight, as in weight web 10.0.0.12 to 5";
    let Some((name, value)) = option(line, "to") else {
        return Err(verb.fault("weight needs a number", hint));
    };
    let at = value.unwrap_or(name);
    let known = at
        .text
        .parse()
        .ok()
        .filter(|weight| *weight <= i32::MAX as u32);
    known.ok_or_else(|| at.fault(format!("{:?} is not a weight", at.text), hint))
}
