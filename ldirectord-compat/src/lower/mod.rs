//! The file as written becomes definitions and process settings, with the defaults of the dialect written out.

mod advice;
mod check;
mod entries;
mod expression;
mod monitor;
mod process;
mod refused;
mod scope;
mod service;

use std::sync::Arc;

use director_core::definitions::{Definitions, FreezeDefinition, HostDefinition, Placed};
use director_core::diagnostic::Place;

use crate::directives::{Key, Support, Used};
use crate::findings::Findings;
use crate::quirks::Quirk;
use crate::settings::{IsFile, ProcessSettings};
use crate::syntax::File;
use crate::unfit::Unfit;
use crate::values::{self, Value};

use entries::Entries;

/// What a file comes to.
pub(crate) struct Lowered {
    pub(crate) definitions: Definitions,
    pub(crate) process: ProcessSettings,
    pub(crate) used: Vec<Used>,
    pub(crate) unfit: Vec<Unfit>,
}

pub(crate) fn lower(
    name: &Arc<str>,
    file: &File<'_>,
    is_file: IsFile,
    findings: &mut Findings,
) -> Lowered {
    let globals = Entries::read(&file.globals, findings);
    for stray in &file.strays {
        let _ = values::read(stray, findings);
    }
    let mut lowered = Lowered {
        definitions: Definitions {
            place: Place::whole_file(name),
            // ldirectord judges each server by itself, whatever becomes of the others.
            freeze: Some(Placed::new(
                FreezeDefinition {
                    off: true,
                    ..FreezeDefinition::default()
                },
                Place::whole_file(name),
            )),
            // ldirectord changes no kernel setting.
            host: HostDefinition {
                expire_nodest_conn: Some(Placed::new(false, Place::whole_file(name))),
                expire_quiescent_template: Some(Placed::new(false, Place::whole_file(name))),
                conn_reuse_mode: Some(Placed::new(false, Place::whole_file(name))),
                ..HostDefinition::default()
            },
            ..Definitions::empty()
        },
        process: process::settings(&globals, findings),
        used: Vec::new(),
        unfit: Vec::new(),
    };
    record(&globals, &mut lowered.used);
    for block in &file.blocks {
        let head = values::read(&block.head, findings);
        let own = Entries::read(&block.lines, findings);
        record(&own, &mut lowered.used);
        let Some(head) = head else {
            continue;
        };
        if let Value::Listen(listen) = &head.value.value {
            let scope = scope::Scope {
                head: &head,
                listen,
                own: &own,
                globals: &globals,
                is_file,
            };
            let mut service = service::lower(&scope, findings, &mut lowered.used);
            let index = lowered.definitions.services.len();
            lowered.unfit.extend(
                refused::judge(&scope, &mut service, findings)
                    .map(|unfit| Unfit { index, ..unfit }),
            );
            lowered.definitions.services.push(service);
            lowered.process.services.push(process::service(&scope));
        }
    }
    if file.blocks.is_empty() {
        let message = "the file defines no virtual service";
        let hint = "add one: virtual=ADDRESS:PORT with indented lines below it";
        findings.quirk(Quirk::EmptyFile, &Place::whole_file(name), message, hint);
    }
    lowered
}

/// Notes which directives occur. Those whose word decides about support are noted where the word takes effect.
fn record(entries: &Entries, used: &mut Vec<Used>) {
    for entry in entries.all() {
        let directive = entry.key.directive();
        let by_word = matches!(entry.key, Key::Service | Key::CheckType);
        used.push(Used {
            key: entry.key,
            name: directive.name.to_owned(),
            place: entry.place.clone(),
            support: if by_word {
                Support::Ready
            } else {
                directive.support
            },
        });
    }
}
