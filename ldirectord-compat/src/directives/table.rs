//! The rows of the directive table. The words are ours; the facts are what `ldirectord` 4.12.0 does.

use super::Scope::{Both, Global, Opening, Virtual};
use super::Support::Ready;
use super::ValueClass as V;
use super::{Directive, Scope, Support, ValueClass};

macro_rules! directives {
    ($($key:ident $name:literal $scope:ident $value:path, $default:literal, $support:ident, $help:literal;)*) => {
        /// The directives by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Key {
            $(#[doc = $help] $key,)*
        }

        /// All directives, in the order of the documentation.
        pub const DIRECTIVES: &[Directive] = &[
            $(row(Key::$key, $name, $scope, $value, $default, $support, $help),)*
        ];
    };
}

const fn row(
    key: Key,
    name: &'static str,
    scope: Scope,
    value: ValueClass,
    default: &'static str,
    support: Support,
    help: &'static str,
) -> Directive {
    Directive {
        key,
        name,
        scope,
        value,
        default,
        support,
        help,
    }
}

impl Key {
    /// The row of this directive.
    #[must_use]
    pub fn directive(self) -> &'static Directive {
        &DIRECTIVES[self as usize]
    }
}

directives! {
    // The service and its servers.
    Virtual "virtual" Opening V::Listen, "-", Ready,
        "Opens an IPv4 virtual service: an address or name with its port, or a firewall mark. The lines below it, indented by four spaces or a tab, belong to it.";
    Virtual6 "virtual6" Opening V::Listen, "-", Ready,
        "The same for IPv6, with the address in brackets.";
    Real "real" Virtual V::Real, "none", Ready,
        "A real server, or an ascending range of them, with its forwarding method, weight (1 when none is given), its \
         own request and answer, and lower and upper connection thresholds.";
    Real6 "real6" Virtual V::Real, "none", Ready,
        "A real server of an IPv6 service, with the address in brackets.";
    Fallback "fallback" Both V::Fallback, "none", Ready,
        "Server used while no real server of an IPv4 service is up, with weight 1. Without a port it has the port of \
         the service.";
    Fallback6 "fallback6" Both V::Fallback, "none", Ready,
        "The same for IPv6 services.";
    Scheduler "scheduler" Virtual V::Scheduler, "wrr", Ready,
        "Scheduler of the kernel.";
    SchedFlags "schedflags" Virtual V::Flags, "none", Ready,
        "Flags of the scheduler, such as sh-port or mh-fallback.";
    Protocol "protocol" Virtual V::Protocol, "tcp; udp for port 53; fwm for marks", Ready,
        "Transport protocol of the service.";
    Persistent "persistent" Virtual V::NumberOrZero, "off", Ready,
        "Seconds for which a client stays with its real server.";
    Netmask "netmask" Virtual V::Netmask, "255.255.255.255 or 128", Ready,
        "Clients of one network count as one client; only together with persistent.";
    Ops "ops" Virtual V::YesNo, "no", Ready,
        "One-packet scheduling; only for protocol udp.";
    // The checks.
    CheckType "checktype" Virtual V::CheckType, "negotiate", Ready,
        "Check type: a dialogue in the protocol of service, a TCP connect, a ping, a program, always up, always \
         down, or a number N for N connects between two dialogues.";
    Service "service" Virtual V::Service, "by port, else none", Ready,
        "Protocol of negotiate checks.";
    CheckCommand "checkcommand" Virtual V::Path, "/bin/true", Ready,
        "Program of external checks; exit status 0 means up. Its arguments are address and port of the service and of \
         the real server.";
    CheckPort "checkport" Virtual V::Port, "port of the real server", Ready,
        "Port of all checks of the service.";
    Request "request" Virtual V::Quoted, "\"/\"", Ready,
        "Request of a negotiate check: path, name to resolve, query, file or bytes.";
    Receive "receive" Virtual V::Quoted, "none", Ready,
        "Regular expression that the answer must match.";
    VirtualHost "virtualhost" Virtual V::HostHeader, "address of the real server", Ready,
        "Host header of http and https checks, and server name of TLS.";
    HttpMethod "httpmethod" Virtual V::Method, "GET", Ready,
        "Request method of http, https and http_proxy checks.";
    VerifyCertificate "verifycertificate" Both V::YesNo, "no", Ready,
        "Verify chain, validity and host name of the certificate in https, imaps, pops and ldaps checks. ipvsd only; ldirectord does not know it.";
    Login "login" Virtual V::Quoted, "anonymous for ftp", Ready,
        "User name of checks that log in.";
    Passwd "passwd" Virtual V::Quoted, "none", Ready,
        "Password of checks that log in.";
    Database "database" Virtual V::Quoted, "none", Ready,
        "Database of mysql, pgsql and oracle checks.";
    Secret "secret" Virtual V::Quoted, "none", Ready,
        "Shared secret of radius checks.";
    Load "load" Virtual V::Quoted, "none", Ready,
        "Accepted without effect.";
    CheckTimeout "checktimeout" Both V::Number, "5", Ready,
        "Seconds after which a connect, ping, external, ldap or radius check has failed.";
    NegotiateTimeout "negotiatetimeout" Both V::Number, "30", Ready,
        "Seconds after which a negotiate check has failed. If only one of checktimeout and negotiatetimeout is set, it applies to both.";
    CheckInterval "checkinterval" Both V::Number, "10", Ready,
        "Seconds between two checks of a real server. Below virtual it applies only with fork=yes.";
    CheckCount "checkcount" Both V::Number, "1", Ready,
        "Attempts of one ping check. Deprecated; use failurecount for failures in a row.";
    FailureCount "failurecount" Both V::Number, "1", Ready,
        "Failed checks in a row that take a real server down.";
    // What happens to the table.
    Quiescent "quiescent" Both V::YesNo, "no", Ready,
        "A real server that is down stays in the table with weight 0 (yes) or leaves it (no).";
    ReaddQuiescent "readdquiescent" Global V::YesNo, "no", Ready,
        "Add a real server that is down and missing in the table again, with weight 0. ipvsd always does this with \
         quiescent=yes.";
    CleanStop "cleanstop" Both V::YesNo, "yes", Ready,
        "Remove the service from the table when the director stops.";
    // The process.
    AutoReload "autoreload" Global V::YesNo, "no", Ready,
        "Reload the file when its content changes.";
    Callback "callback" Global V::QuotedOrEmpty, "none", Ready,
        "Program to run with the name of the file when its content changes.";
    LogFile "logfile" Global V::QuotedOrEmpty, "\"/var/log/ldirectord.log\"", Ready,
        "Log file, or a syslog facility when it does not start with a slash.";
    Execute "execute" Global V::Raw, "none", Ready,
        "Another configuration to run in addition; may be repeated.";
    Supervised "supervised" Global V::YesNo, "no", Ready,
        "Stay in the foreground and log to standard output.";
    Fork "fork" Global V::YesNo, "no", Ready,
        "In ldirectord, one process for each service. In ipvsd, checks never wait for each other, and this only lets \
         checkinterval apply below virtual.";
    MaintenanceDir "maintenancedir" Global V::RawPath, "none", Ready,
        "Directory in which a file named after a real server puts that server into maintenance.";
    FallbackCommand "fallbackcommand" Both V::Command, "none", Ready,
        "Command to run with start when the fallback comes into use, and with stop afterwards.";
    FallbackCommandAtStop "fallbackcommandatstop" Both V::YesNo, "no", Ready,
        "Run fallbackcommand with start, too, when the director stops and takes the service out of the table. ipvsd only; ldirectord does not know it.";
    MonitorFile "monitorfile" Virtual V::Path, "none", Ready,
        "File that gets a line for each check of the service.";
    // Mail.
    EmailAlert "emailalert" Both V::Addresses, "none", Ready,
        "Addresses that receive mails about changes.";
    EmailAlertFrom "emailalertfrom" Global V::Raw, "user@host of the director", Ready,
        "Sender of these mails.";
    EmailAlertFreq "emailalertfreq" Both V::Frequency, "0", Ready,
        "Seconds between two mails about a real server that stays down; 0 sends only the first.";
    EmailAlertStatus "emailalertstatus" Both V::Phases, "all", Ready,
        "Phases in which mails are sent.";
    Smtp "smtp" Both V::Relay, "the local mail system", Ready,
        "Mail relay, at port 25.";
    ServiceName "servicename" Virtual V::Raw, "none", Ready,
        "Name of the service in mails.";
    Comment "comment" Virtual V::Raw, "none", Ready,
        "Remark that is repeated in mails.";
}
