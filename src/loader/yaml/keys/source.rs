//! Keys of a source of real servers.

use std::time::Duration;

use director_core::definitions::{Host, Placed, RealServerDefinition, is_source_name};

use crate::loader::yaml::mapping::{Input, Key, Lens, Takes};
use crate::loader::yaml::reader::Reader;
use crate::loader::yaml::rows::{access, mapping};
use crate::sources::{ListPlace, ServerSource};

/// A source as written.
#[derive(Default)]
pub(in super::super) struct WrittenSource {
    file: Option<String>,
    http: Option<String>,
    every: Option<Placed<Duration>>,
    min: Option<Placed<u64>>,
    max: Option<u64>,
}

mapping! {
    /// A list of servers outside the configuration.
    SOURCE: WrittenSource = "source", "a source of servers", |_| WrittenSource::default(), None;
    opt(file) "file" = "/etc/ipvsd/web.servers.yaml", or "none; `http` instead",
        "File with a list in JSON or YAML: addresses, entries with `address`, `port`, `weight` and `tier`, or groups of \
         Prometheus with `targets` and `labels`. It must be a file that no other user can write, and no symbolic link.";
    opt(http) "http" = "http://sd.example.org/web", or "none; `file` instead",
        "URL (http or https) of such a list, as `http_sd` of Prometheus has it. It must answer with status 200 within 5 s. Log and \
         status show the URL, so it may hold no password.";
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
        let list = match (written.file, written.http) {
            (Some(file), None) => ListPlace::File(file.into()),
            (None, Some(url)) => ListPlace::Http(url),
            _ => {
                let message = "a source of servers needs either `file` or `http`";
                reader.error(place, message, "write {file: /etc/ipvsd/web.servers.yaml}");
                return None;
            }
        };
        if let Some(fault) = list.fault() {
            let message = format!("cannot use this source of servers: {fault}");
            let hint = "write {file: /etc/ipvsd/web.servers.yaml} or {http: \"http://sd.example.org/web\"}";
            reader.error(place, message, hint);
            return None;
        }
        let source = ServerSource {
            place: list,
            every: written
                .every
                .as_ref()
                .map_or(SOURCE_EVERY, |every| every.value),
            min: written.min.as_ref().map_or(1, |min| min.value),
            max: written.max.unwrap_or(SOURCE_MOST),
        };
        let (shortest, longest) = (Duration::from_secs(5), Duration::from_secs(3600));
        if source.every < shortest || source.every > longest {
            let message = "`every` must be from 5s to 1h";
            let place = written
                .every
                .map_or_else(|| place.clone(), |every| every.place);
            reader.error(&place, message, "write a duration such as 10s");
            return None;
        }
        if source.min == 0 || source.min > source.max {
            let message = format!("`min` must be from 1 to `max` ({})", source.max);
            let place = written.min.map_or_else(|| place.clone(), |min| min.place);
            let hint = format!("write {}", source.min.clamp(1, source.max.max(1)));
            reader.error(&place, message, hint);
            return None;
        }
        server.host = Placed::new(Host::Name(source.to_string()), place.clone());
        Some(())
    }

    fn print(server: &RealServerDefinition, _: &Key) -> Option<String> {
        let source = source(server)?;
        let place = &server.host.place;
        let (file, http) = match source.place {
            ListPlace::File(path) => (Some(path.to_string_lossy().into_owned()), None),
            ListPlace::Http(url) => (None, Some(url)),
        };
        Some(
            SOURCE.print(&WrittenSource {
                file,
                http,
                every: Some(source.every)
                    .filter(|every| *every != SOURCE_EVERY)
                    .map(|every| Placed::new(every, place.clone())),
                min: Some(source.min)
                    .filter(|min| *min != 1)
                    .map(|min| Placed::new(min, place.clone())),
                max: Some(source.max).filter(|max| *max != SOURCE_MOST),
            }),
        )
    }
}

/// The source in place of the address of a server.
pub(super) fn source(server: &RealServerDefinition) -> Option<ServerSource> {
    match &server.host.value {
        Host::Name(name) if is_source_name(name) => name.parse().ok(),
        _ => None,
    }
}
