//! `ipvsctl restore`: makes the services of a saved table, as `ipvsadm -R` does. Unlike with that, a line with a mistake changes
//! nothing, services that exist are changed and not refused, and no service is ever without its servers meanwhile.

mod line;
mod rules;

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use director_core::model::{Forwarding, Scheduling, ServiceId, is_probe_service};
use director_core::plan::{Op, Plan, plan};
use director_core::table::{ServerEntry, ServerSettings, ServiceEntry, Table};

use super::error::CliError;
use super::list::Names;
use super::managed::managed_services;
use super::output::{Exit, Output, count};
use super::status::SocketArg;
use crate::ipvs::{Applied, Kernel, NetlinkKernel, ReadScope};
use crate::loader::STANDARD_INPUT;
use rules::saved_table;
pub(super) use rules::{LineFault, SavedServer, SavedService, SavedTable, saved_lines};

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// What `ipvsctl save` or `ipvsadm -S` printed, or `-` for standard input
    #[arg(value_name = "FILE", default_value = STANDARD_INPUT)]
    file: PathBuf,
    /// Also remove the services that the file does not have
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    socket: SocketArg,
}

/// Reads, compares with the kernel's table, and changes what differs.
pub(super) fn run(args: &RestoreArgs, output: &mut Output) -> Result<Exit, CliError> {
    let text = read(&args.file).map_err(|source| CliError::Unreadable {
        file: args.file.clone(),
        source,
    })?;
    let saved = match saved_table(&text, Names::of_system()) {
        Ok(saved) => saved,
        Err(faults) => {
            let name = match args.file == Path::new(STANDARD_INPUT) {
                true => "standard input".into(),
                false => args.file.to_string_lossy(),
            };
            for (line, fault) in &faults {
                output.note(&format!("{name}:{line}: {fault}"))?;
            }
            let lines = count(faults.len(), "line");
            output.note(&format!(
                "ipvsctl: {lines} with a mistake; nothing was changed"
            ))?;
            return Ok(Exit::Unusable);
        }
    };
    let mut kernel = NetlinkKernel::open()?;
    let observed = without_probe_services(kernel.read_table(ReadScope::All)?);
    let plan = changes(&saved, &observed, args.replace);
    if plan.is_empty() {
        output.text("nothing to change\n")?;
        return Ok(Exit::Fine);
    }
    managed_services(&args.socket)?.refuse(&plan.services())?;
    let applied = kernel.apply(&plan);
    report(&plan, applied, output)
}

fn read(file: &Path) -> io::Result<String> {
    if file != Path::new(STANDARD_INPUT) {
        return std::fs::read_to_string(file);
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

fn without_probe_services(mut table: Table) -> Table {
    let is_probe = |id: &ServiceId, entry: &ServiceEntry| is_probe_service(id, &entry.scheduling);
    table.services.retain(|id, entry| !is_probe(id, entry));
    table
}

fn changes(saved: &SavedTable, observed: &Table, replace: bool) -> Plan {
    let wanted = wanted(saved, observed);
    let mut concerned: BTreeSet<ServiceId> = wanted.services.keys().copied().collect();
    if replace {
        concerned.extend(observed.services.keys());
    }
    plan(observed, &wanted, &concerned, |_, _| String::new())
}

/// The table that is to be.
pub(super) fn wanted(saved: &SavedTable, observed: &Table) -> Table {
    let mut table = Table::default();
    // ipvsadm saves the helpers of probes too, if ipvsd runs. They are gone when their probe is over.
    for (id, service) in &saved.services {
        if is_probe_service(id, &service.scheduling) {
            continue;
        }
        let before = observed.services.get(id);
        let scheduling = scheduling(&service.scheduling, before.map(|before| &before.scheduling));
        let mut entry = ServiceEntry::new(scheduling);
        for (endpoint, server) in &service.servers {
            let before = before.and_then(|before| before.servers.get(endpoint));
            let settings = settings(*server, before.map(|before| before.settings));
            entry.servers.insert(*endpoint, ServerEntry::new(settings));
        }
        table.services.insert(*id, entry);
    }
    table
}

/// A mask without persistence has no effect and is not saved.
fn scheduling(saved: &Scheduling, before: Option<&Scheduling>) -> Scheduling {
    let mut scheduling = saved.clone();
    let has_idle_mask = |of: &&Scheduling| of.persistence.is_none();
    if saved.persistence.is_none()
        && saved.mask.is_single_client()
        && let Some(before) = before.filter(has_idle_mask)
    {
        scheduling.mask = before.mask;
    }
    scheduling
}

/// What the format has no words for stays as it is: thresholds, and local delivery, which is saved as direct routing.
fn settings(saved: SavedServer, before: Option<ServerSettings>) -> ServerSettings {
    let is_local = before.is_some_and(|before| before.forwarding == Forwarding::Local);
    let kept = |of: fn(ServerSettings) -> u32| before.map_or(0, of);
    ServerSettings {
        forwarding: match saved.forwarding {
            Forwarding::Direct if is_local => Forwarding::Local,
            other => other,
        },
        weight: saved.weight,
        upper_threshold: saved
            .upper_threshold
            .unwrap_or_else(|| kept(|before| before.upper_threshold)),
        lower_threshold: saved
            .lower_threshold
            .unwrap_or_else(|| kept(|before| before.lower_threshold)),
    }
}

/// Prints what was changed and what was refused.
fn report(plan: &Plan, applied: Applied, output: &mut Output) -> Result<Exit, CliError> {
    if let Some(interrupted) = applied.interrupted {
        return Err(interrupted.into());
    }
    let refused = |op: &Op| applied.failures.iter().any(|failure| failure.op == *op);
    let steps = plan.steps.iter().map(|step| &step.op);
    for op in steps.filter(|op| !refused(op) && !applied.skipped.contains(op)) {
        output.part(&format!("{op}\n"))?;
    }
    output.text("")?;
    for failure in &applied.failures {
        output.note(&format!("refused: {}: {}", failure.op, failure.message))?;
    }
    for op in &applied.skipped {
        output.note(&format!("left out after that: {op}"))?;
    }
    Ok(match applied.failures.is_empty() {
        true => Exit::Fine,
        false => Exit::Refused,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::list::{samples, save_format};

    fn changed(saved: &str, observed: &str, replace: bool) -> Vec<String> {
        let table = |text: &str| saved_table(text, samples::names()).unwrap();
        let observed = wanted(&table(observed), &Table::default());
        let plan = changes(&table(saved), &observed, replace);
        plan.steps.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn services_that_the_file_lacks_stay_unless_they_are_to_be_replaced() {
        let before = "-A -t 192.0.2.1:80 -s rr\n-A -t 192.0.2.1:443 -s rr\n";
        assert_eq!(changed("-A -t 192.0.2.1:80 -s rr", before, false), [""; 0]);
        assert_eq!(
            changed("-A -t 192.0.2.1:80 -s rr", before, true),
            ["delete  tcp 192.0.2.1:443"]
        );
    }

    #[test]
    fn a_service_of_the_file_becomes_what_it_was() {
        let before = "-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1 -w 5\n-a -f 1 -r 10.0.0.2\n";
        assert_eq!(
            changed(
                "-A -f 1 -s wrr\n-a -f 1 -r 10.0.0.1 -w 7\n-a -f 1 -r 10.0.0.3\n",
                before,
                false
            ),
            [
                "edit    fwmark 1  rr -> wrr",
                "add     fwmark 1  10.0.0.3:0  direct weight 1",
                "edit    fwmark 1  10.0.0.1:0  weight 5 -> 7",
                "delete  fwmark 1  10.0.0.2:0  (had weight 1)",
            ]
        );
    }

    #[test]
    fn a_mask_without_persistence_stays() {
        let before = "-A -f 1 -s rr -M 255.0.0.0\n";
        assert_eq!(changed("-A -f 1 -s rr\n", before, false), [""; 0]);
        assert_eq!(
            changed("-A -f 1 -s rr -p 60\n", before, false),
            ["edit    fwmark 1  rr mask 255.0.0.0 -> rr persistent 60"]
        );
    }

    #[test]
    fn a_helper_of_a_probe_is_not_restored() {
        assert_eq!(
            changed("-A -f 9 -s rr -b flag-3\n-a -f 9 -r 10.0.0.1\n", "", true),
            [""; 0]
        );
    }

    #[test]
    fn thresholds_that_the_file_does_not_name_and_local_delivery_stay() {
        let before = "-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1 -x 9 -y 3\n";
        assert_eq!(
            changed("-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1\n", before, false),
            [""; 0]
        );
        assert_eq!(
            changed(
                "-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1 -x 0 -y 0\n",
                before,
                false
            ),
            ["edit    fwmark 1  10.0.0.1:0  lower threshold 3 -> 0 upper threshold 9 -> 0"]
        );
        let saved = saved_table(before, samples::names()).unwrap();
        let mut observed = wanted(&saved, &Table::default());
        for service in observed.services.values_mut() {
            for server in service.servers.values_mut() {
                server.settings.forwarding = Forwarding::Local;
            }
        }
        assert!(save_format(&observed).contains(" -g "));
        assert!(changes(&saved, &observed, true).is_empty());
    }
}
