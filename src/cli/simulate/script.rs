//! The events of a simulation: one a line, each with its time.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use director_core::diagnostic::{Diagnostic, Place};
use director_core::moment::Moment;

use crate::loader::{Report, duration};

/// What can be written.
pub(super) const HELP: &str = "What happens when, one event a line; # begins a comment.

  10s  192.168.6.4 fails                    every probe of that address fails (connection refused)
  10s  192.168.6.4 fails \"status 503\"       the same with other words
  50s  192.168.6.4 works                    it answers again
  60s  192.168.6.5 flaps 3s                 it changes every 3 s, until it works or fails for good
  70s  192.168.6.5 weight 7                 somebody else writes this weight into the kernel's table
  75s  192.168.6.5 removed                  somebody else removes it from the kernel's table
  120s end                                  the simulation ends (default: 60 s after the last event)";

/// A whole script.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Script {
    /// Events in the order of their time.
    pub(super) scenes: Vec<(Moment, Scene)>,
    /// When it ends.
    pub(super) end: Moment,
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scene {
    /// The real server's address.
    pub(super) server: IpAddr,
    /// What becomes of it.
    pub(super) turn: Turn,
}

/// What becomes of a real server.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Turn {
    Fails(String),
    Works,
    Flaps(Duration),
    Weight(u32),
    Removed,
}

/// Reads a script; all faults at once.
pub(super) fn parse(text: &str, file: &Arc<str>) -> Result<Script, Report> {
    let mut scenes = Vec::new();
    let mut end = None;
    let mut diagnostics = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let content = line.split('#').next().unwrap_or_default().trim_end();
        if content.trim().is_empty() {
            continue;
        }
        let column = content.chars().take_while(|c| c.is_whitespace()).count();
        let place = Place::new(
            file,
            number(index + 1),
            number(column + 1),
            number(content.trim().chars().count()),
        );
        match event(content.trim(), &place) {
            Ok((at, Some(scene))) => scenes.push((at, scene)),
            Ok((at, None)) => end = Some(at),
            Err(finding) => diagnostics.push(finding),
        }
    }
    if !diagnostics.is_empty() {
        return Err(Report {
            file: Arc::clone(file),
            text: Arc::from(text),
            watched: BTreeMap::new(),
            included: BTreeMap::new(),
            diagnostics,
        });
    }
    scenes.sort_by_key(|(at, _)| *at);
    let last = scenes.last().map_or(Moment::START, |(at, _)| *at);
    Ok(Script {
        scenes,
        end: end.unwrap_or(last + Duration::from_secs(60)),
    })
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn event(text: &str, place: &Place) -> Result<(Moment, Option<Scene>), Diagnostic> {
    let wrong = |message: String, hint: &str| Diagnostic::error(place, message).hint(hint);
    let (time, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let at = duration(time).map(Moment::after_start).ok_or_else(|| {
        wrong(
            format!("{time:?} is not a time"),
            "begin with a time such as 10s or 1m30s",
        )
    })?;
    let rest = rest.trim();
    if rest == "end" {
        return Ok((at, None));
    }
    let (server, what) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let server = server.parse().map_err(|_| {
        wrong(
            format!("{server:?} is not an address"),
            "name a real server by its address, or write end",
        )
    })?;
    let (verb, argument) = what
        .trim()
        .split_once(char::is_whitespace)
        .unwrap_or((what.trim(), ""));
    let argument = argument.trim();
    let turn = match verb {
        "fails" if argument.is_empty() => Turn::Fails("connection refused".to_owned()),
        "fails" => Turn::Fails(argument.trim_matches('"').to_owned()),
        "works" => Turn::Works,
        "removed" => Turn::Removed,
        "flaps" => duration(argument)
            .filter(|pace| !pace.is_zero())
            .map(Turn::Flaps)
            .ok_or_else(|| {
                wrong(
                    format!("{argument:?} is not a pace"),
                    "write how often it changes, as in flaps 3s",
                )
            })?,
        "weight" => argument.parse().map(Turn::Weight).map_err(|_| {
            wrong(
                format!("{argument:?} is not a weight"),
                "write a number, as in weight 7",
            )
        })?,
        _ => {
            return Err(wrong(
                format!("{verb:?} is no event"),
                "write fails, works, flaps, weight or removed",
            ));
        }
    };
    Ok((at, Some(Scene { server, turn })))
}
