//! Keys of a check by a program.

use director_core::definitions::CommandCheckDefinition;

use crate::loader::yaml::mapping::{Input, Key, Lens, Mapping, Takes};
use crate::loader::yaml::placeholders;
use crate::loader::yaml::reader::Reader;
use crate::loader::yaml::rows::{access, mapping};
use crate::loader::yaml::value::{Mapped, Value};

mapping! {
    /// A check by a program.
    COMMAND: CommandCheckDefinition = "command", "a command", |_| CommandCheckDefinition {
        argv: Vec::new(),
        user: None,
    }, Some("run");
    by(Program) "run" = "[/usr/local/bin/probe, \"{rip}\", \"{rport}\"]",
        "Program and arguments. ipvsd runs it without a shell.";
    opt(user) "user" = "nobody", or "the user of ipvsd", "User to run the program as.";
}

struct Program;

impl Lens<CommandCheckDefinition> for Program {
    fn takes(key: &Key) -> Takes {
        Vec::<String>::takes(key)
    }

    fn read(
        command: &mut CommandCheckDefinition,
        input: &Input<'_>,
        reader: &mut Reader,
    ) -> Option<()> {
        command.argv = Value::read(input, reader)?;
        placeholders::warn(input.node, reader);
        if command.argv.is_empty() {
            let hint = format!("write {}", input.key.example());
            reader.error(&input.node.place, "the command has no program", hint);
            return None;
        }
        Some(())
    }

    fn print(command: &CommandCheckDefinition, _: &Key) -> Option<String> {
        Some(command.argv.print())
    }
}

impl Mapped for CommandCheckDefinition {
    const MAPPING: &'static Mapping<Self> = &COMMAND;
}
