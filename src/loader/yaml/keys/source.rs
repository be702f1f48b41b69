//! Keys of a source of real servers.

use std::time::Duration;

use director_core::definitions::{Host, Placed, RealServerDefinition, is_source_name};

use crate::loader::yaml::mapping::{Input, Key, Lens, Takes};
use crate::loader::yaml::reader::Reader;
use crate::loader::yaml::rows::{access, mapping};
use crate::sources::ServerSource;

/// A source as written.
#[derive(Default)]
pub(in super::super) struct WrittenSource {
    file: Option<String>,
    every: Option<Duration>,
    min: Option<u64>,
    max: Option<u64>,
}

mapping! {
    /// A list of servers outside the configuration.
    SOURCE: WrittenSource = "source", "a source of servers", |_| WrittenSource::default(), None;
    opt(file) "file" = "/etc/ipvsd/web.servers.yaml",
        "File with a list in JSON or YAML: addresses, entries with `address`, `port`, `weight` and `tier`, or groups of \
         Prometheus with `targets` and `labels`. It must be a file that no other user can write, and no symbolic link.";
    opt(every) "every" = "10s", or "10s",
        "How often the list is read, at least 5s and at most 1h.";
    opt(min) "min" in "servers" = "2", or "1",
        "Fewest servers of a list that is used. With fewer the last servers stay.";
    opt(max) "max" in "servers" = "100", or "1000",
        "Most servers of a list that is used. With more the last servers stay.";
}

const SOURCE_EVERY: Duration = Duration::from_secs(10);
const SOURCE_MOST: u64 = 1000;

/// Where the list of servers comes from.
pub(super) struct SourceOfServers;

impl Lens<RealServerDefinition> for SourceOfServers {
    fn takes(_: &Key) -> Takes {
        SOURCE.takes()
    }

    fn read(
        server: &mut RealServerDefinition,
        input: &Input<'_>,
        reader: &mut Reader,
    ) -> Option<()> {
        let written = SOURCE.read(input, reader)?;
        let place = &input.node.place;
        let file = written.file.unwrap_or_default();
        if !file.starts_with('/') {
            let message = "a source of servers needs the absolute path of its file";
            reader.error(place, message, "write {file: /etc/ipvsd/web.servers.yaml}");
            return None;
        }
        let source = ServerSource {
            file: file.into(),
            every: written.every.unwrap_or(SOURCE_EVERY),
            min: written.min.unwrap_or(1),
            max: written.max.unwrap_or(SOURCE_MOST),
        };
        let (shortest, longest) = (Duration::from_secs(5), Duration::from_secs(3600));
        if source.every < shortest || source.every > longest {
            let message = "every of a source must be from 5s to 1h";
            reader.error(place, message, "write a duration such as 10s");
            return None;
        }
        if source.min == 0 || source.min > source.max {
            let message = "min of a source must be from 1 to max";
            reader.error(
                place,
                message,
                "write a lower min of at least 1, or a higher max",
            );
            return None;
        }
        server.host = Placed::new(Host::Name(source.to_string()), place.clone());
        Some(())
    }

    fn print(server: &RealServerDefinition, _: &Key) -> Option<String> {
        let source = source(server)?;
        Some(SOURCE.print(&WrittenSource {
            file: Some(source.file.to_string_lossy().into_owned()),
            every: Some(source.every).filter(|every| *every != SOURCE_EVERY),
            min: Some(source.min).filter(|min| *min != 1),
            max: Some(source.max).filter(|max| *max != SOURCE_MOST),
        }))
    }
}

/// The source in place of the address of a server.
pub(super) fn source(server: &RealServerDefinition) -> Option<ServerSource> {
    match &server.host.value {
        Host::Name(name) if is_source_name(name) => name.parse().ok(),
        _ => None,
    }
}
