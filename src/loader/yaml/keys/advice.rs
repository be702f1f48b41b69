//! Keys of what advises about weights: agents, files and programs.

use std::time::Duration;

use director_core::definitions::{
    AgentDefinition, CommandCheckDefinition, Placed, PortDefinition, WeightFromDefinition,
    WeightSourceDefinition,
};
use director_core::diagnostic::Place;

use crate::loader::yaml::mapping::{Input, Key, Mapping, Takes};
use crate::loader::yaml::reader::Reader;
use crate::loader::yaml::rows::{access, mapping};
use crate::loader::yaml::value::{Mapped, Value};

mapping! {
    /// An agent.
    AGENT: AgentDefinition = "agent", "an agent", |place| AgentDefinition {
        port: Placed::new(PortDefinition::Unusable, place.clone()),
        send: None,
        every: None,
        timeout: None,
    }, None;
    plain(port) "port" = "9707", "Port of the agent on the real server.";
    opt(send) "send" = "\"status\\n\"", or "nothing", "Text to send to the agent first.";
    opt(every) "every" = "5s", or "5s", "Check interval, from the start of one probe to the start of the next.";
    opt(timeout) "timeout" = "3s", or "3s", "Time limit of one probe.";
}

impl Mapped for AgentDefinition {
    const MAPPING: &'static Mapping<Self> = &AGENT;
}

/// A source of weights as written.
#[derive(Default)]
pub(in super::super) struct WeightText {
    file: Option<Placed<String>>,
    command: Option<CommandCheckDefinition>,
    every: Option<Placed<Duration>>,
    timeout: Option<Placed<Duration>>,
}

mapping! {
    /// A source of weights.
    WEIGHT_SOURCE: WeightText = "weight_from", "the source of weights", |_: &Place| WeightText::default(), None;
    opt(file) "file" = "\"/run/weights/{rip}\"", or "none; either `file` or `command` is required",
        "File on the director whose first line is the weight. ipvsd replaces `{vip}`, `{vport}`, `{rip}` and \
         `{rport}` by the addresses and ports of the service and the server.";
    opt(command) "command" = "[/usr/local/bin/weight, \"{rip}\"]", or "none; either `file` or `command` is required",
        "Program whose last line of output is the weight. Its exit status must be 0.";
    opt(every) "every" = "5s", or "5s", "Check interval, from the start of one probe to the start of the next.";
    opt(timeout) "timeout" = "3s", or "3s", "Time limit of one probe.";
}

impl Value for WeightFromDefinition {
    fn takes(_: &Key) -> Takes {
        Takes::Mapping(&WEIGHT_SOURCE)
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        let place = &input.node.place;
        let mut draft = WEIGHT_SOURCE.draft(place);
        if !WEIGHT_SOURCE.fill(&mut draft, input, &[], reader) {
            return None;
        }
        let sources = ["file", "command"].map(|key| WEIGHT_SOURCE.is_written(&draft, key));
        if sources[0] == sources[1] {
            let hint = format!("write {}", input.key.example());
            reader.error(place, "weight_from takes either file or command", hint);
            return None;
        }
        let text = draft.value;
        let file = text.file.map(WeightSourceDefinition::File);
        let command = text.command.map(WeightSourceDefinition::Command);
        Some(Self {
            source: file.or(command)?,
            every: text.every,
            timeout: text.timeout,
        })
    }

    fn print(&self) -> String {
        let (file, command) = match self.source.clone() {
            WeightSourceDefinition::File(file) => (Some(file), None),
            WeightSourceDefinition::Command(command) => (None, Some(command)),
        };
        WEIGHT_SOURCE.print(&WeightText {
            file,
            command,
            every: self.every.clone(),
            timeout: self.timeout.clone(),
        })
    }
}
