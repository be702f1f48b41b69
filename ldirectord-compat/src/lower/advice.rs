//! Warnings about checks that do not do what their author may believe.

use director_core::definitions::PortDefinition;
use director_core::model::{CheckProtocol, Protocol, without_password};

use super::check::Plan;
use super::scope::Scope;
use crate::directives::Key;
use crate::directives::keywords::{CheckType, Negotiation};
use crate::findings::Findings;
use crate::quirks::Quirk;
use crate::values::Listen;

/// Looks a service over.
pub(super) fn give(scope: &Scope<'_>, plan: &Plan, findings: &mut Findings) {
    unused(scope, plan, findings);
    timing(scope, findings);
    command(scope, plan, findings);
    ports(scope, plan, findings);
    only_pinged(scope, plan, findings);
    if plan.check_type.negotiates() {
        elsewhere(scope, plan, findings);
        negotiation(scope, plan, findings);
        weak(scope, plan, findings);
    }
    if let Some(place) = scope.own.place(Key::Load) {
        findings.quirk(Quirk::LoadIgnored, place, "load has no effect", "remove it");
    }
}

/// A connect check of a udp service is a ping.
fn only_pinged(scope: &Scope<'_>, plan: &Plan, findings: &mut Findings) {
    if plan.check_type == CheckType::Connect && scope.protocol() == Some(Protocol::Udp) {
        let message = "udp has no connects, so the servers are only pinged; one whose program is dead stays in service";
        let place = scope.own.place(Key::CheckType).unwrap_or(&plan.place);
        let hint = "write checktype=negotiate with a service, or checktype=ping if you mean it";
        findings.quirk(Quirk::ConnectOverUdp, place, message, hint);
    }
}

/// Directives that some checks use and this one does not.
fn unused(scope: &Scope<'_>, plan: &Plan, findings: &mut Findings) {
    const OPTIONAL: &[Key] = &[
        Key::Request,
        Key::Receive,
        Key::VirtualHost,
        Key::HttpMethod,
        Key::VerifyCertificate,
        Key::Login,
        Key::Passwd,
        Key::Database,
        Key::Secret,
        Key::CheckCommand,
    ];
    let uses = plan.uses();
    let check = match (plan.check_type, plan.service) {
        (CheckType::Negotiate | CheckType::Combined(_), Some(service)) => {
            format!("service={}", service.name)
        }
        _ => format!("checktype={}", plan.check_type.word()),
    };
    for key in OPTIONAL.iter().filter(|key| !uses.contains(key)) {
        if let Some(place) = scope.own.place(*key) {
            let message = format!("{} has no effect with {check}", key.directive().name);
            findings.quirk(
                Quirk::UnusedDirective,
                place,
                message,
                "remove it, or choose another check",
            );
        }
    }
    let request = scope
        .own
        .real_servers()
        .find_map(|(_, server)| server.request.as_ref());
    if let Some(request) = request.filter(|_| !uses.contains(&Key::Request)) {
        let message = format!("the request of a real server has no effect with {check}");
        findings.quirk(
            Quirk::UnusedDirective,
            &request.place,
            message,
            "remove it, or choose another check",
        );
    }
}

/// Real servers that are not asked themselves.
fn elsewhere(scope: &Scope<'_>, plan: &Plan, findings: &mut Findings) {
    for (_, server) in scope.own.real_servers() {
        let request = server.request.as_ref();
        let Some(url) = request.filter(|request| plan.is_url(&request.value)) else {
            continue;
        };
        let shown = without_password(&url.value);
        let message = format!("{shown} is checked instead of this real server");
        let hint = "write only the path to check the real server itself";
        findings.quirk(Quirk::RequestWithHost, &url.place, message, hint);
    }
}

fn timing(scope: &Scope<'_>, findings: &mut Findings) {
    let forking = scope
        .globals
        .yes_no(Key::Fork)
        .is_some_and(|fork| fork.value);
    if let Some(place) = scope.own.place(Key::CheckInterval).filter(|_| !forking) {
        let message = "checkinterval of a service has no effect without fork=yes";
        findings.quirk(
            Quirk::IntervalOfService,
            place,
            message,
            "write it in column 1, or add fork=yes",
        );
    }
    if let Some(place) = scope
        .own
        .place(Key::CheckCount)
        .or_else(|| scope.globals.place(Key::CheckCount))
    {
        let message = "checkcount is deprecated and only counts the attempts of a ping";
        findings.quirk(
            Quirk::CheckCountDeprecated,
            place,
            message,
            "write failurecount if you mean failures in a row",
        );
    }
}

fn command(scope: &Scope<'_>, plan: &Plan, findings: &mut Findings) {
    if !matches!(
        plan.check_type,
        CheckType::External | CheckType::ExternalPerl
    ) {
        return;
    }
    let Some(command) = scope.own.text(Key::CheckCommand) else {
        let message =
            "an external check without checkcommand runs /bin/true, so every real server is up";
        findings.quirk(
            Quirk::DefaultCheckCommand,
            &plan.place,
            message,
            "write checkcommand=/path/to/program",
        );
        return;
    };
    if command.value.contains([' ', '\t']) && !(scope.is_file)(&command.value) {
        let mut words = command.value.split_whitespace();
        let program = words.next().unwrap_or_default();
        let message = format!(
            "the program is {program}, with the arguments {}",
            words.collect::<Vec<_>>().join(" ")
        );
        let hint =
            "for ldirectord write a script with the arguments: it takes the whole text for a path";
        findings.quirk(Quirk::CommandWithArguments, &command.place, message, hint);
    }
}

fn ports(scope: &Scope<'_>, plan: &Plan, findings: &mut Findings) {
    let asks = plan.check_type == CheckType::Connect
        || (plan.check_type.negotiates() && plan.negotiation() != Negotiation::None);
    let (Some(own), Some(default)) = (scope.port_number(), plan.default_port()) else {
        return;
    };
    if !asks || own == u64::from(default) || scope.own.get(Key::CheckPort).is_some() {
        return;
    }
    let without = scope.own.real_servers().find(|(_, server)| {
        server
            .port
            .as_ref()
            .is_none_or(|port| port.value == PortDefinition::Number(0))
    });
    if let Some((_, server)) = without {
        let message =
            format!("this real server has no port, so its check uses port {default}, not {own}");
        // A service for all ports has none that a check could use.
        let hint = match own {
            0 => format!("write checkport={default}, or another port to check"),
            _ => format!("write the port after the address, or checkport={own}"),
        };
        findings.quirk(Quirk::OtherPortChecked, &server.place, message, hint);
    }
}

fn negotiation(scope: &Scope<'_>, plan: &Plan, findings: &mut Findings) {
    let Some(service) = plan.service else {
        return;
    };
    if plan.negotiation() == Negotiation::None && !plan.service_written {
        let why = match scope.listen {
            Listen::Address { .. } => "no service belongs to its port",
            Listen::Mark { .. } => "a firewall mark has no service",
        };
        let message = format!("nothing is checked, because {why}: every real server is up");
        let hint =
            "write service=NAME, or checktype=connect; service=none or checktype=on if you mean it";
        findings.quirk(Quirk::NoCheck, scope.place(), message, hint);
    }
    if matches!(plan.check_type, CheckType::Combined(_)) && scope.protocol() == Some(Protocol::Udp)
    {
        let message = "udp has no connects, so each check is a dialogue";
        let place = scope.own.place(Key::CheckType).unwrap_or(&plan.place);
        findings.quirk(
            Quirk::CombinedOverUdp,
            place,
            message,
            "write checktype=negotiate",
        );
    }
    if service.is_tls() && scope.yes_no(Key::VerifyCertificate).is_none() {
        let message = format!(
            "the certificate of the {} servers is not verified",
            service.name
        );
        let hint = "write verifycertificate=yes to verify all of it, or verifycertificate=no if you mean it";
        findings.quirk(Quirk::UnverifiedCertificate, &plan.place, message, hint);
    }
}

/// Checks that `ldirectord` passes or fails without looking.
fn weak(scope: &Scope<'_>, plan: &Plan, findings: &mut Findings) {
    let has = |key| scope.own.get(key).is_some();
    let head = scope
        .own
        .text(Key::HttpMethod)
        .filter(|method| method.value == "HEAD");
    if let (Some(method), Some(_)) = (head, scope.own.get(Key::Receive))
        && matches!(
            plan.negotiation(),
            Negotiation::Http | Negotiation::Https | Negotiation::HttpProxy
        )
    {
        let message =
            "the answer to HEAD has no body, so receive never matches and no server comes up";
        findings.quirk(
            Quirk::HeadWithReceive,
            &method.place,
            message,
            "write httpmethod=GET, or remove receive",
        );
    }
    let Negotiation::Protocol { protocol, .. } = plan.negotiation() else {
        return;
    };
    let (quirk, message, hint) = match protocol {
        CheckProtocol::Dns if !has(Key::Receive) => (
            Quirk::DnsWithoutReceive,
            "without receive any record in the answer succeeds; ldirectord never brings such a server up",
            "write receive=\"ADDRESS\" to compare the answer",
        ),
        CheckProtocol::Ftp if !has(Key::Receive) => (
            Quirk::FtpWithoutReceive,
            "without receive the transfer must be complete; ldirectord always brings such a server up",
            "write receive=\"TEXT\" to compare the file",
        ),
        CheckProtocol::Pop if !has(Key::Login) => (
            Quirk::PopWithoutLogin,
            "without login the greeting must succeed; ldirectord always brings such a server up",
            "write login and passwd to log in",
        ),
        CheckProtocol::Mysql | CheckProtocol::Pgsql | CheckProtocol::Oracle
            if !has(Key::Login) || !has(Key::Request) =>
        {
            (
                Quirk::SqlIncomplete,
                "a database check needs login and request; without them no server comes up",
                "write login=\"USER\" and request=\"SELECT ...\"",
            )
        }
        CheckProtocol::Oracle => (
            Quirk::OracleListener,
            "an oracle check connects to the listener; it neither logs in nor runs request",
            "write checktype=external and a program that runs the query, if the listener is not enough",
        ),
        _ => return,
    };
    findings.quirk(quirk, &plan.place, message, hint);
}
