//! Checks as YAML.

use director_core::definitions::{
    CheckDefinition, CheckKindDefinition, CheckPath, CommandCheckDefinition, FreezeDefinition,
    HttpCheckDefinition, JudgingDefinition, Placed, PortDefinition, ProtocolCheckDefinition,
    ServiceDefinition, WeightSourceDefinition,
};
use director_core::model::{Secret, Setting};

use super::emit::{listen, quoted, span};

/// The checks of a service: the key and its value in one line; none when nothing is said about them.
pub(super) fn checks(service: &ServiceDefinition) -> Option<(&'static str, String)> {
    let further = &service.judging.further_checks;
    if further.is_empty() {
        return check(&service.check).map(|text| ("check", text));
    }
    let all = std::iter::once(&service.check).chain(further);
    let texts: Vec<String> = all
        .map(|one| check(one).unwrap_or_else(|| "tcp".to_owned()))
        .collect();
    Some(("checks", format!("[{}]", texts.join(", "))))
}

/// The freeze of all verdicts.
pub(super) fn freeze(freeze: &FreezeDefinition) -> String {
    if freeze.off {
        return "freeze: off".to_owned();
    }
    let mut fields = Vec::new();
    let servers = freeze.servers.as_ref();
    fields.extend(servers.map(|servers| format!("min_servers: {}", servers.value)));
    fields.extend(time("within", &freeze.within));
    fields.extend(time("max_duration", &freeze.lasts));
    format!("freeze: {{{}}}", fields.join(", "))
}

/// Those who advise about weights: each key and its value in one line.
pub(super) fn advisers(judging: &JudgingDefinition) -> Vec<(&'static str, String)> {
    let agent = judging.agent.as_ref().map(|agent| {
        let agent = &agent.value;
        let mut fields = vec![port("port", &agent.port.value)];
        let send = agent.send.as_ref();
        fields.extend(send.map(|send| format!("send: {}", quoted(&send.value))));
        fields.extend(time("every", &agent.every));
        fields.extend(time("timeout", &agent.timeout));
        ("agent", format!("{{{}}}", fields.join(", ")))
    });
    let weight_from = judging.weight_from.as_ref().map(|from| {
        let from = &from.value;
        let mut fields = vec![match &from.source {
            WeightSourceDefinition::File(path) => format!("file: {}", quoted(&path.value)),
            WeightSourceDefinition::Command(program) => command(program),
        }];
        fields.extend(time("every", &from.every));
        fields.extend(time("timeout", &from.timeout));
        ("weight_from", format!("{{{}}}", fields.join(", ")))
    });
    agent.into_iter().chain(weight_from).collect()
}

fn time(name: &str, value: &Option<Placed<std::time::Duration>>) -> Option<String> {
    value
        .as_ref()
        .map(|value| format!("{name}: {}", span(value.value)))
}

fn port(name: &str, port: &PortDefinition) -> String {
    match port {
        PortDefinition::Name(text) => format!("{name}: {}", quoted(text)),
        PortDefinition::Number(number) => format!("{name}: {number}"),
        PortDefinition::Unusable => format!("{name}: 0"),
    }
}

fn command(command: &CommandCheckDefinition) -> String {
    let argv = command.argv.iter().map(|argument| quoted(&argument.value));
    let argv: Vec<String> = argv.collect();
    let user = command.user.as_ref();
    let user = user.map(|user| format!(", user: {}", quoted(&user.value)));
    format!(
        "command: {{run: [{}]{}}}",
        argv.join(", "),
        user.unwrap_or_default()
    )
}

/// A check in one line; none when nothing is said about it.
pub(super) fn check(check: &CheckDefinition) -> Option<String> {
    let mut fields = Vec::new();
    if let Some(written) = &check.kind {
        fields.push(kind(&written.value));
    }
    fields.extend(check.connects_between.map(|between| {
        let timeout = span(between.timeout);
        format!(
            "connects_between: {{count: {}, timeout: {timeout}}}",
            between.count
        )
    }));
    fields.extend(
        check
            .port
            .as_ref()
            .map(|written| port("port", &written.value)),
    );
    fields.extend(
        check
            .default_port
            .map(|port| format!("default_port: {port}")),
    );
    fields.extend(time("every", &check.every));
    fields.extend(time("every_while_changing", &check.every_while_changing));
    fields.extend(time("every_while_down", &check.every_while_down));
    fields.extend(time("timeout", &check.timeout));
    fields.extend(
        check
            .rise
            .as_ref()
            .map(|rise| format!("rise: {}", rise.value)),
    );
    fields.extend(
        check
            .fall
            .as_ref()
            .map(|fall| format!("fall: {}", fall.value)),
    );
    fields.extend(
        check
            .window
            .as_ref()
            .map(|w| format!("window: {{good: {}, of: {}}}", w.value.good, w.value.of)),
    );
    fields.extend(check.damping.as_ref().map(|damping| {
        let d = damping.value;
        let half_life = span(d.half_life);
        format!(
            "damping: {{half_life: {half_life}, hold_above: {}, release_below: {}}}",
            d.hold_above, d.release_below
        )
    }));
    let name = check.name.as_ref();
    fields.extend(name.map(|name| format!("name: {}", quoted(&name.value))));
    fields.extend(time("start_spread", &check.start_spread));
    let jitter = check.jitter.as_ref();
    fields.extend(jitter.map(|jitter| format!("jitter: {}", jitter.value)));
    let hold = check.hold_connection.as_ref();
    fields.extend(hold.map(|hold| format!("hold_connection: {}", hold.value)));
    fields.extend(check.path.as_ref().map(|path| match path.value {
        CheckPath::Server => "via: server".to_owned(),
        CheckPath::Forwarding => "via: vip".to_owned(),
    }));
    let to = check.to.as_ref();
    fields.extend(to.map(|to| format!("to: {}", quoted(&listen(&to.value)))));
    fields.extend(
        check
            .full_size
            .as_ref()
            .map(|choice| format!("test_mtu: {}", choice.value)),
    );
    (!fields.is_empty()).then(|| format!("{{{}}}", fields.join(", ")))
}

fn kind(kind: &CheckKindDefinition) -> String {
    match kind {
        CheckKindDefinition::AlwaysUp => "none: {}".to_owned(),
        CheckKindDefinition::AlwaysDown => "always_down: {}".to_owned(),
        CheckKindDefinition::Connect => "tcp: {}".to_owned(),
        CheckKindDefinition::Ping { attempts } => format!("ping: {{attempts: {attempts}}}"),
        CheckKindDefinition::Http(http) => self::http(http),
        CheckKindDefinition::Command(program) => command(program),
        CheckKindDefinition::Protocol(check) => protocol(check),
    }
}

fn http(http: &HttpCheckDefinition) -> String {
    let mut fields = Vec::new();
    let text = |name: &str, value: &Option<Placed<String>>| {
        value
            .as_ref()
            .map(|value| format!("{name}: {}", quoted(&value.value)))
    };
    fields.extend(text("method", &http.method));
    fields.extend(text("path", &http.path));
    fields.extend(text("host", &http.virtual_host));
    fields.extend(
        http.verify
            .as_ref()
            .filter(|_| http.tls)
            .map(|verify| format!("verify: {}", verify.value)),
    );
    fields.extend(text("server_name", &http.server_name).filter(|_| http.tls));
    let status: Vec<String> = http
        .status
        .iter()
        .map(|status| quoted(&status.value))
        .collect();
    let status = (!status.is_empty()).then(|| format!("status: [{}]", status.join(", ")));
    let body = http.body.as_ref().filter(|body| !body.value.is_empty());
    let expect: Vec<String> = status
        .into_iter()
        .chain(body.map(|body| format!("body: {}", quoted(&body.value))))
        .collect();
    if !expect.is_empty() {
        fields.push(format!("expect: {{{}}}", expect.join(", ")));
    }
    fields.extend(
        http.follow_redirects
            .as_ref()
            .map(|count| format!("follow_redirects: {}", count.value)),
    );
    fields.extend(
        http.body_limit
            .as_ref()
            .map(|limit| format!("body_limit: {}KiB", limit.value.div_ceil(1 << 10))),
    );
    fields.extend(http.proxy.then(|| "proxy: true".to_owned()));
    format!(
        "{}: {{{}}}",
        if http.tls { "https" } else { "http" },
        fields.join(", ")
    )
}

fn protocol(written: &ProtocolCheckDefinition) -> String {
    let row = written.protocol.row();
    let form = row.form(written.tls);
    let text = |value: &Option<Placed<String>>| {
        let text = value.as_ref().filter(|text| !text.value.is_empty())?;
        Some(quoted(&text.value))
    };
    // Moving a file from one form to the other moves its credentials too.
    let secret = |value: &Option<Placed<Secret>>| {
        let secret = value.as_ref()?;
        Some(quoted(secret.value.reveal()))
    };
    let fields: Vec<String> = row
        .settings_of(form)
        .filter_map(|setting| {
            let value = match setting {
                Setting::Request => text(&written.request),
                Setting::Receive => text(&written.receive),
                Setting::Login => text(&written.login),
                Setting::Password => secret(&written.password),
                Setting::Database => text(&written.database),
                Setting::Secret => secret(&written.secret),
                Setting::Transport => written.transport.map(|transport| transport.to_string()),
                Setting::Tls => written.tls.then(|| "true".to_owned()),
                Setting::Verify => written
                    .verify
                    .as_ref()
                    .map(|verify| verify.value.to_string()),
            };
            value.map(|value| format!("{}: {value}", setting.key()))
        })
        .collect();
    format!("{}: {{{}}}", form.name, fields.join(", "))
}
