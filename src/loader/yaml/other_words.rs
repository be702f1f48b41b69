//! Keys as ldirectord, keepalived, HAProxy and nginx call them, with what to write instead.

/// Mappings by their names on the reference page, words of other programs for keys of them, and an example of what to write
/// in their place.
const OTHER_WORDS: &[(&str, &str, &str)] = &[
    (
        "service",
        "sh_port mh_port",
        "scheduler: {name: sh, flags: [port]}",
    ),
    (
        "service",
        "hysteresis",
        "minimum_healthy: {servers: 2, back_at: 3}",
    ),
    (
        "service",
        "sorry_server backup fallback_server sorry",
        "fallback: 10.0.0.99:80",
    ),
    (
        "service",
        "quiescent inhibit_on_failure",
        "on_failure: quiesce",
    ),
    (
        "service",
        "delay_loop checkinterval interval inter check_interval every",
        "check: {every: 5s}",
    ),
    (
        "service",
        "retry retries nb_get_retry checkcount failurecount fall",
        "check: {fall: 3}",
    ),
    ("service", "rise", "check: {rise: 2}"),
    (
        "service",
        "negotiatetimeout checktimeout connect_timeout timeout",
        "check: {timeout: 3s}",
    ),
    (
        "service",
        "checkport connect_port check_port",
        "check: {port: 8080}",
    ),
    (
        "service",
        "checktype service request path url http_get",
        "check: {http: {path: /test.html}}",
    ),
    (
        "service",
        "receive expect httpchk",
        "check: {http: {expect: {body: OK}}}",
    ),
    (
        "service",
        "virtualhost host http_host",
        "check: {http: {host: www.example.org}}",
    ),
    (
        "service",
        "checkcommand misc_check misc_path",
        "check: {command: [/usr/local/bin/check]}",
    ),
    (
        "service",
        "lb_kind lvs_method method mode",
        "forwarding: nat",
    ),
    (
        "service",
        "lb_algo lvs_sched algorithm sched balance",
        "scheduler: wlc",
    ),
    (
        "service",
        "persistent persistence_timeout sticky stickiness",
        "persistence: 5m",
    ),
    (
        "service",
        "netmask persistence_granularity",
        "persistence: {timeout: 5m, mask: 24}",
    ),
    ("service", "ops", "one_packet: true"),
    ("service", "quorum min_up", "minimum_healthy: 2"),
    ("service", "alpha", "initial_health: down"),
    ("service", "omega cleanstop", "on_stop: remove"),
    (
        "service",
        "real real_server servers server backends upstream members pool",
        "real_servers: [10.0.0.11:80]",
    ),
    (
        "service",
        "virtual virtual_server vip_port bind address protocol fwmark port",
        "listen: tcp://192.0.2.10:80",
    ),
    (
        "service",
        "weight",
        "real_servers: [{address: 10.0.0.11:80, weight: 2}]",
    ),
    ("service", "bindto source", "check: {source: 10.0.0.5}"),
    ("service", "connect_ip", "check: {address: 10.1.0.11}"),
    (
        "service",
        "send_proxy check_send_proxy proxy_protocol",
        "check: {proxy_header: v1}",
    ),
    (
        "service",
        "send_proxy_v2 check_send_proxy_v2",
        "check: {proxy_header: v2}",
    ),
    (
        "service",
        "http_headers headers",
        "check: {http: {headers: {X-Tenant: probe}}}",
    ),
    ("service", "warmup", "check: {start_spread: 5s}"),
    (
        "check",
        "interval inter delay_loop checkinterval delay period",
        "every: 5s",
    ),
    (
        "check",
        "fastinter delay_before_retry",
        "every_while_changing: 1s",
    ),
    ("check", "downinter", "every_while_down: 30s"),
    (
        "check",
        "retry retries nb_get_retry checkcount failurecount failures unhealthy_threshold",
        "fall: 3",
    ),
    ("check", "successes passes healthy_threshold", "rise: 2"),
    (
        "check",
        "connect_timeout negotiatetimeout checktimeout timeout_check",
        "timeout: 3s",
    ),
    ("check", "checkport connect_port", "port: 8080"),
    ("check", "warmup", "start_spread: 5s"),
    ("check", "bindto bind source_ip src", "source: 10.0.0.5"),
    ("check", "connect_ip addr ip", "address: 10.1.0.11"),
    (
        "check",
        "send_proxy check_send_proxy proxy_protocol",
        "proxy_header: v1",
    ),
    (
        "check",
        "send_proxy_v2 check_send_proxy_v2",
        "proxy_header: v2",
    ),
    (
        "check",
        "headers http_headers header hdr",
        "http: {headers: {X-Tenant: probe}}",
    ),
    ("check", "body send", "http: {body: text}"),
    (
        "check",
        "login password bearer",
        "http: {login: probe, password: …}",
    ),
    (
        "check",
        "url path http_get httpchk request",
        "http: {path: /test.html}",
    ),
    (
        "check",
        "receive expect status status_code",
        "http: {expect: {status: 2xx, body: OK}}",
    ),
    ("check", "virtualhost host", "http: {host: www.example.org}"),
    ("check", "ssl_get ssl tls", "https: {path: /test.html}"),
    ("check", "connect tcp_check tcpcheck", "tcp: {}"),
    (
        "check",
        "external script misc_check misc_path checkcommand",
        "command: [/usr/local/bin/check]",
    ),
    ("check", "icmp ping_check", "ping: {}"),
    ("http https", "url uri request", "path: /test.html"),
    (
        "http https",
        "virtualhost vhost http_host",
        "host: www.example.org",
    ),
    (
        "http https",
        "receive regex response string rstring",
        "expect: {body: OK}",
    ),
    (
        "http https",
        "status status_code code",
        "expect: {status: 2xx}",
    ),
    (
        "http https",
        "http_headers header hdr http_header send_header",
        "headers: {X-Tenant: probe}",
    ),
    (
        "http https",
        "data post_data payload send_body request_body",
        "body: text",
    ),
    (
        "http https",
        "user username basic_auth auth",
        "login: probe, password: …",
    ),
    (
        "http https",
        "bearer_token token authorization",
        "bearer: …",
    ),
    (
        "http https",
        "bearer_token_file token_file credentials_file",
        "bearer: {file: /etc/ipvsd/web.token}",
    ),
    (
        "http https ftp imap imaps ldap ldaps mysql pgsql pop pops radius",
        "password_file passwd_file",
        "login: probe, password: {file: /etc/ipvsd/probe.password}",
    ),
    (
        "ftp imap imaps ldap ldaps mysql pgsql pop pops radius",
        "passwd",
        "password: …",
    ),
    (
        "ftp imap imaps ldap ldaps mysql pgsql pop pops radius",
        "user username",
        "login: probe",
    ),
    (
        "real_server",
        "connect_ip addr check_addr",
        "check_address: 10.1.0.11",
    ),
    (
        "https imaps pops ldaps mysql pgsql smtp submission grpc",
        "sni enable_sni check_sni ssl_server_name",
        "server_name: www.example.org",
    ),
    (
        "https imaps pops ldaps",
        "ca_file cafile ssl_ca tls_ca cacert ca_cert sslrootcert",
        "ca: /etc/ipvsd/ca.pem",
    ),
    (
        "https imaps pops ldaps",
        "crt cert cert_file client_cert ssl_cert sslcert ssl_certificate",
        "certificate: /etc/ipvsd/client.pem, key: /etc/ipvsd/client.key",
    ),
    (
        "https imaps pops ldaps",
        "key_file client_key private_key ssl_key sslkey ssl_certificate_key",
        "key: /etc/ipvsd/client.key, certificate: /etc/ipvsd/client.pem",
    ),
    (
        "https imaps pops ldaps",
        "check_alpn",
        "alpn: [h2, http/1.1]",
    ),
    (
        "http https",
        "http_version check_proto proto h2 http2",
        "version: 2",
    ),
    (
        "smtp submission imap pop ldap",
        "start_tls stls use_starttls smtp_starttls",
        "starttls: true",
    ),
    ("smtp nntp grpc", "ssl use_tls use_ssl", "tls: true"),
    (
        "mysql pgsql",
        "ssl sslmode ssl_mode mysql_ssl require_ssl",
        "tls: require",
    ),
    (
        "mysql pgsql",
        "ca_file ssl_ca tls_ca sslrootcert mysql_ssl_ca_file",
        "tls: require, ca: /etc/ipvsd/ca.pem",
    ),
    (
        "mysql pgsql",
        "cert ssl_cert sslcert mysql_ssl_client_cert",
        "certificate: /etc/ipvsd/client.pem, key: /etc/ipvsd/client.key",
    ),
    (
        "check",
        "grpc_health_check grpc_check grpc_service",
        "grpc: {service: shop.Cart}",
    ),
    ("real_server", "backup standby priority", "tier: 2"),
    ("real_server", "gate dr", "forwarding: dr"),
    ("real_server", "masq nat", "forwarding: nat"),
    ("real_server", "ipip tun tunnel", "forwarding: tunnel"),
    ("real_server", "lb_kind lvs_method", "forwarding: nat"),
    (
        "real_server",
        "uthreshold maxconn max_conns",
        "upper_threshold: 1000",
    ),
    ("real_server", "lthreshold", "lower_threshold: 800"),
    (
        "real_server",
        "ip host server name",
        "address: 10.0.0.11:80",
    ),
    (
        "file",
        "virtual virtuals virtual_server virtual_servers service",
        "services: []",
    ),
    (
        "file",
        "emailalert email smtp_alert notification_email alerts",
        "notify: [{mail: {to: [ops@example.org]}}]",
    ),
    ("file", "autoreload", "director: {reload_on_change: true}"),
    (
        "file",
        "quiescent fallback checkinterval checktimeout negotiatetimeout",
        "defaults: {service: {on_failure: quiesce}, check: {every: 5s}}",
    ),
    ("file", "global global_defs", "director: {resync: 10s}"),
    ("director", "autoreload", "reload_on_change: true"),
];

/// What to write instead of a key that this mapping does not have, where another program has it.
pub(super) fn instead_of(key: &str, within: &str) -> Option<String> {
    if key == "<<" {
        return Some(
            "merge keys (<<) are not supported; write common keys once in defaults, or in a named check"
                .to_owned(),
        );
    }
    let key = key.to_ascii_lowercase().replace('-', "_");
    let has = |list: &str, wanted: &str| list.split(' ').any(|one| one == wanted);
    let known = OTHER_WORDS.iter();
    let mut known = known.filter(|(mappings, words, _)| has(mappings, within) && has(words, &key));
    let (_, _, write) = known.next()?;
    Some(format!("write {write}"))
}

#[cfg(test)]
#[path = "other_words_tests.rs"]
mod tests;
