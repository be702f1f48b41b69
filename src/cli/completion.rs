//! What a shell completes while an operator types: names of services and servers come from the daemon. A daemon that does not
//! answer at once, or not at all, costs no more than the names.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};

use crate::api::wire::{ServiceStatus, Status};
use crate::api::{Client, likely_socket};

/// The environment variable by which a completion script calls ipvsctl; its value is the shell.
pub(super) const VARIABLE: &str = "IPVSCTL_COMPLETE";
/// An operator who presses a key waits no longer than this.
const LIMIT: Duration = Duration::from_millis(200);

/// Completes a service.
pub(super) fn service() -> ArgValueCandidates {
    ArgValueCandidates::new(|| services(&status()))
}

/// Completes a real server of the services on the command line.
pub(super) fn server() -> ArgValueCandidates {
    ArgValueCandidates::new(|| servers(&status(), &words()))
}

/// Completes a service and then its real server; with `--all-services` the real server alone.
pub(super) fn service_and_server() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let mut found = next_name(&status(), &words());
        let typed = current.to_string_lossy();
        found.retain(|one| one.get_value().to_string_lossy().starts_with(&*typed));
        found
    })
}

/// Services, until the words have one. The number of the value, which clap_complete also tells, is 0 for both.
fn next_name(status: &[ServiceStatus], words: &[String]) -> Vec<CompletionCandidate> {
    let is_named = |service: &ServiceStatus| words.contains(&service.name);
    let is_server =
        words.iter().any(|word| word == "--all-services") || status.iter().any(is_named);
    match is_server {
        true => servers(status, words),
        false => services(status),
    }
}

/// The words of the command line without the last one, which is being completed.
fn words() -> Vec<String> {
    let words = std::env::args().skip_while(|word| word != "--");
    let mut words: Vec<String> = words.skip(2).collect();
    words.pop();
    words
}

fn status() -> Vec<ServiceStatus> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else {
        return Vec::new();
    };
    let words = words();
    let chosen = words.iter().position(|word| word == "--socket");
    let chosen = chosen.and_then(|at| words.get(at + 1)).map(PathBuf::from);
    let socket = chosen.unwrap_or_else(likely_socket);
    let client = Client::new(&socket).within(LIMIT);
    runtime
        .block_on(client.status())
        .map_or_else(|_| Vec::new(), |status: Status| status.services)
}

fn services(status: &[ServiceStatus]) -> Vec<CompletionCandidate> {
    let candidate = |service: &ServiceStatus| {
        CompletionCandidate::new(&service.name).help(Some(service.listen.clone().into()))
    };
    status.iter().map(candidate).collect()
}

/// The servers of the services that the words name, or of all services where they name none.
fn servers(status: &[ServiceStatus], words: &[String]) -> Vec<CompletionCandidate> {
    let is_named = |service: &&ServiceStatus| words.contains(&service.name);
    let named: Vec<&ServiceStatus> = match status.iter().any(|one| is_named(&one)) {
        true => status.iter().filter(is_named).collect(),
        false => status.iter().collect(),
    };
    let servers = named.iter().flat_map(|service| &service.real_servers);
    let mut addresses: Vec<&String> = servers.map(|server| &server.address).collect();
    addresses.sort();
    addresses.dedup();
    addresses
        .into_iter()
        .map(CompletionCandidate::new)
        .collect()
}
