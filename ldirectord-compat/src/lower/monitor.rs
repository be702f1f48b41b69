//! The words that stand for real servers in a monitor file.

use director_core::definitions::RealServerDefinition;
use director_core::model::{Family, raw_bytes};

use super::check::Plan;
use super::scope::Scope;
use crate::directives::Key;
use crate::directives::keywords::CheckType;
use crate::settings::MonitorWords;

/// The words of one service, when it has a monitor file.
pub(super) fn words(scope: &Scope<'_>) -> Option<MonitorWords> {
    scope.own.get(Key::MonitorFile)?;
    let text = |key| scope.own.text(key).map(|text| text.value);
    let expected = match scope.family() {
        Family::Ipv4 => Key::Real,
        Family::Ipv6 => Key::Real6,
    };
    let request = text(Key::Request).map_or_else(|| "/".to_owned(), |request| slashed(&request));
    let receive = text(Key::Receive).unwrap_or_default();
    let of_server = |server: &RealServerDefinition| {
        let own = server.request.as_ref().map(|own| slashed(&own.value));
        let wanted = server.receive.as_ref().map(|own| own.value.clone());
        (
            own.unwrap_or_else(|| request.clone()),
            wanted.unwrap_or_else(|| receive.clone()),
        )
    };
    let servers = scope.own.real_servers();
    Some(MonitorWords {
        check: check(scope),
        protocol: scope.protocol(),
        virtual_host: text(Key::VirtualHost).unwrap_or_default(),
        check_port: scope.own.number(Key::CheckPort).map(|port| port.value),
        questions: servers
            .filter(|(key, _)| *key == expected)
            .map(|(_, server)| of_server(server))
            .collect(),
    })
}

fn check(scope: &Scope<'_>) -> String {
    let plan = Plan::of(scope);
    let check_type = plan.check_type;
    match check_type {
        CheckType::Negotiate | CheckType::Combined(_) => {
            let kind = if check_type == CheckType::Negotiate {
                "negotiate"
            } else {
                "combined"
            };
            format!(
                "{kind}:{}",
                plan.service.map_or("none", |service| service.name)
            )
        }
        CheckType::External | CheckType::ExternalPerl => {
            let command = scope.own.text(Key::CheckCommand);
            let command = command.map_or_else(|| "/bin/true".to_owned(), |command| command.value);
            format!("{}:{command}", check_type.word())
        }
        CheckType::Connect | CheckType::Ping | CheckType::On | CheckType::Off => {
            check_type.word().to_owned()
        }
    }
}

/// The dialect keeps every request with a slash before it, a whole URL excepted.
fn slashed(request: &str) -> String {
    let request = &*raw_bytes::readable(request);
    if request.starts_with('/') || request.contains("://") {
        request.to_owned()
    } else {
        format!("/{request}")
    }
}
