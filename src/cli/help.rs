//! What follows the options in the help of each command: examples first, then what else a user has to know. A test parses
//! every example, so that none outlives a renamed option.

pub(super) const IPVSCTL: &str = "\
Examples:
  ipvsctl check /etc/ipvsd/ipvsd.yaml
  ipvsctl status
  ipvsctl drain web 10.0.0.11 --for 30m -m 'kernel upgrade'

Exit status:
  0  success
  1  a warning (check --strict), a change (plan --exit-code), a fault (doctor, probe,
     realserver status), a service that is not up (status SERVICE, status --down),
     a difference (replay, diff, compare), or a wait without success (--wait)
  2  wrong usage, or a file that cannot be used
  3  the kernel or the daemon refused or cannot be reached, or a local error (probe)

See `ipvsctl COMMAND --help` for the options and examples of a command.";

pub(super) const CHECK: &str = "\
Examples:
  ipvsctl check /etc/ipvsd/ipvsd.yaml
  ipvsctl check --strict web.yaml dns.yaml
  ipvsctl check --json /etc/ha.d/ldirectord.cf";

pub(super) const CONVERT: &str = "\
Examples:
  ipvsctl convert /etc/ha.d/ldirectord.cf
  ipvsctl convert /etc/keepalived/keepalived.conf
  ipvsctl convert saved.rules

The content shows what kind of file it is. To convert the table of this host, pipe `ipvsadm -S -n`
to `ipvsctl convert -`. Comments at the top of the output list everything that cannot be converted.
A saved table has no checks. Nothing is checked until you uncomment one of the suggested checks.";

pub(super) const PLAN: &str = "\
Examples:
  ipvsctl plan web.yaml
  ipvsctl plan --assume up --output ipvsadm web.yaml
  ipvsctl plan --exit-code --json web.yaml";

pub(super) const APPLY: &str = "\
Examples:
  ipvsctl apply new.yaml
  ipvsctl apply --confirm 5m new.yaml

With --confirm the configuration is on trial until `ipvsctl confirm` keeps it. The trial ends by
`ipvsctl rollback`, when the time is up, or when the daemon restarts.";

pub(super) const CONFIRM: &str = "\
Examples:
  ipvsctl confirm";

pub(super) const ROLLBACK: &str = "\
Examples:
  ipvsctl rollback";

pub(super) const LIST: &str = "\
Examples:
  ipvsctl list -n
  ipvsctl list -n --stats -t 192.0.2.10:80
  ipvsctl list -Lnc --persistent-conn

All options of `ipvsadm -L` work as they are: `ipvsadm -Lnc` is `ipvsctl list -Lnc`. The output is the same, byte for byte, the \
order included. ipvsadm compares addresses in its own way: 192.168.0.1 comes before 10.0.0.1. JSON is in the order of numbers.

Three differences: counters of real servers are not cut to 32 bits, marks above 2147483647 are saved as they are, and so is the \
third flag of sh and mh.

The kernel updates its counters every 2 seconds.";

pub(super) const SAVE: &str = "\
Examples:
  ipvsctl save -n
  ipvsctl save -n --thresholds

The output is that of `ipvsadm -S`. `ipvsctl restore` and `ipvsadm -R` take it.";

pub(super) const RESTORE: &str = "\
Examples:
  ipvsctl restore rules
  ipvsctl restore --replace rules
  ipvsctl restore -

Each service of the file gets the settings and servers that were saved, and no other servers. Other services stay, unless --replace is \
given. A mistake in one line changes nothing at all. Equal services and servers are not changed, and no service is without its servers \
meanwhile. Thresholds that a line does not name stay.

While ipvsd runs, changes of its own services are refused, since ipvsd would revert them.";

pub(super) const CONNECTIONS: &str = "\
Examples:
  ipvsctl connections -n --client 198.51.100.7
  ipvsctl connections -n --client 2001:db8::/64 --service web
  ipvsctl connections -n --service 192.0.2.10:80 --server 10.0.0.11
  ipvsctl connections --service 'fwmark 5' --json

Connections are printed as they are read, in the columns of `ipvsadm -Lc`. Memory does not grow with their number. A connection \
that changes its state meanwhile can be missing or come twice.

The kernel does not record by which mark a connection came. With a mark, the command lists \
the connections to servers that are in the service of the mark and in no other service.";

pub(super) const ZERO: &str = "\
Examples:
  ipvsctl zero
  ipvsctl zero -t 192.0.2.10:80
  ipvsctl zero -f 5 -6

Metrics of ipvsd that come from these counters start at 0 again, too.";

pub(super) const SET_TIMEOUTS: &str = "\
Examples:
  ipvsctl set-timeouts 900 120 300
  ipvsctl set-timeouts 0 0 60

A timeout that `director.timeouts` of a running ipvsd sets is refused, since ipvsd would revert it.";

pub(super) const STATUS: &str = "\
Examples:
  ipvsctl status
  ipvsctl status web
  ipvsctl status --down --watch
  ipvsctl status --history web 10.0.0.11:80
  ipvsctl status --json

States of a service: up, degraded (some servers are down, drained, disabled or in maintenance), on fallback, down, frozen, unknown.

Exit status: with SERVICE or --down, 1 if a service is not up.";

pub(super) const EVENTS: &str = "\
Examples:
  ipvsctl events
  ipvsctl events web
  ipvsctl events --since 10m --kind server_health --kind service_state
  ipvsctl events --follow --json

The daemon keeps its last 1024 events in memory. With --follow, a daemon that restarts is waited for. Events that were \
missed are counted on standard error.";

pub(super) const PROBE: &str = "\
Examples:
  ipvsctl probe tcp 10.0.0.11:80
  ipvsctl probe http 10.0.0.11 --request /test.html --receive OK
  ipvsctl probe https 10.0.0.11 --virtual-host www.example.org --verify
  ipvsctl probe http 10.0.0.11 --header 'X-Tenant: probe' --source 10.0.0.5
  ipvsctl probe dns 10.0.0.11 --request www.example.org

Exit status:
  0  the probe passed
  1  the probe failed
  2  wrong usage
  3  local error: this host could not send the probe";

pub(super) const EXPLAIN: &str = "\
Examples:
  ipvsctl explain web 10.0.0.11:80";

pub(super) const DOCTOR: &str = "\
Examples:
  ipvsctl doctor
  ipvsctl doctor --config web.yaml --wait 3
  ipvsctl doctor --quiet --json

Each finding says what was observed, why it matters and how to fix it.";

pub(super) const REAL_SERVER: &str = "\
Examples:
  ipvsctl realserver up --vip 192.0.2.10 --mode dr
  ipvsctl realserver status
  ipvsctl realserver down
  ipvsctl realserver print --for ipvsd.yaml";

pub(super) const REAL_SERVER_UP: &str = "\
Examples:
  ipvsctl realserver up --vip 192.0.2.10 --mode dr
  ipvsctl realserver up --vip 192.0.2.10 --mode gue --port 6080
  ipvsctl realserver up --vip 192.0.2.10 --mode dr --print systemd

Running the command again changes nothing.";

pub(super) const REAL_SERVER_DOWN: &str = "\
Examples:
  ipvsctl realserver down
  ipvsctl realserver down --vip 192.0.2.10";

pub(super) const REAL_SERVER_STATUS: &str = "\
Examples:
  ipvsctl realserver status
  ipvsctl realserver status --json";

pub(super) const REAL_SERVER_PRINT: &str = "\
Examples:
  ipvsctl realserver print --for ipvsd.yaml";

pub(super) const DRAIN: &str = "\
Examples:
  ipvsctl drain web 10.0.0.11:80
  ipvsctl drain web 10.0.0.11 --for 30m -m 'kernel upgrade'
  ipvsctl drain --all-services 10.0.0.11 --wait --wait-at-most 10m

The server keeps weight 0 until the override ends: by --for or `ipvsctl enable`. If the service has a drain time, ipvsd removes the \
server when its connections have ended or the time has passed. With the scheduler dh, and with sh and mh without their fallback flag, \
ipvsd removes it at once.";

pub(super) const DISABLE: &str = "\
Examples:
  ipvsctl disable web 10.0.0.11:80
  ipvsctl disable --all-services 10.0.0.11 -m 'broken disk'

The server stays removed until the override ends: by --for or `ipvsctl enable`.";

pub(super) const MAINTENANCE: &str = "\
Examples:
  ipvsctl maintenance web 10.0.0.11:80
  ipvsctl maintenance --all-services 10.0.0.11 --for 2h -m 'kernel upgrade'

The `on_failure` setting of the service says whether the server is removed, quiesced or drained.";

pub(super) const WEIGHT: &str = "\
Examples:
  ipvsctl weight web 10.0.0.11:80 --to 5
  ipvsctl weight --all-services 10.0.0.11 --to 5 --for 1h";

pub(super) const ENABLE: &str = "\
Examples:
  ipvsctl enable web 10.0.0.11:80
  ipvsctl enable --all-services 10.0.0.11";

pub(super) const OVERRIDES: &str = "\
Examples:
  ipvsctl overrides
  ipvsctl overrides --json";

pub(super) const RELOAD: &str = "\
Examples:
  ipvsctl reload
  ipvsctl reload --force

If the configuration has errors, the daemon reports them and keeps the previous one.";

pub(super) const UNFREEZE: &str = "\
Examples:
  ipvsctl unfreeze";

pub(super) const COMPARE: &str = "\
Examples:
  ipvsctl compare
  ipvsctl compare 10.0.0.3:9190

Compares services, schedulers, real servers, configured weights, health and overrides. Exit status 1
says that there are differences. If the other director has no TCP address, run
`curl -s --unix-socket /run/ipvsd/ipvsd.sock http://ipvsd/digest?servers` there, and pipe the output
to `ipvsctl compare -` here.";

pub(super) const DIFF: &str = "\
Examples:
  ipvsctl diff
  ipvsctl diff --json

`ipvsd --observe` runs beside keepalived, ldirectord or another program that manages the table. It
checks and decides, and changes nothing. Once a second it compares the table with its decisions.
Exit status 1 says that they differ now.";

pub(super) const TAKEOVER: &str = "\
Examples:
  ipvsctl takeover
  ipvsctl takeover --wait 1m

ipvsd refuses while keepalived, ldirectord or another ipvsd manages the table. With --wait it takes
over as soon as that program has ended. It leaves services and servers that are as configured
unchanged, so their connections continue.";

pub(super) const SIMULATE: &str = "\
Examples:
  ipvsctl simulate web.yaml --events outage.txt";

pub(super) const SCHEMA: &str = "\
Examples:
  ipvsctl schema
  ipvsctl schema --markdown
  ipvsctl schema --events";

pub(super) const GENERATE: &str = "\
Examples:
  ipvsctl generate man target/man
  ipvsctl generate completions target/completions

Packages are made of these. The variable SOURCE_DATE_EPOCH is the date of the manual pages, in seconds.";

pub(super) const REPLAY: &str = "\
Examples:
  ipvsctl replay incident.rec

Exit status 1 means that a decision differs from the recorded one.";

pub(super) const IPVSD: &str = "\
Examples:
  ipvsd
  ipvsd --config web.yaml --log-format json
  ipvsd --config web.yaml --socket /run/ipvsd/web.sock --no-state";

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory, Parser};

    use crate::cli::args::Ipvsctl;

    /// The words of an example as a shell would split them.
    fn words(line: &str) -> Vec<String> {
        let mut words = Vec::new();
        for (part, text) in line.split('\'').enumerate() {
            if part % 2 == 1 {
                words.push(text.to_owned());
            } else {
                words.extend(text.split_whitespace().map(str::to_owned));
            }
        }
        words
    }

    fn each(command: &Command, check: &mut impl FnMut(&Command)) {
        check(command);
        for inner in command.get_subcommands() {
            each(inner, check);
        }
    }

    #[test]
    fn every_command_has_examples_that_parse() {
        each(&Ipvsctl::command(), &mut |command| {
            let help = command.get_after_help().map(ToString::to_string);
            let help = help.unwrap_or_default();
            let mut lines = help.lines();
            assert_eq!(lines.next(), Some("Examples:"), "{}", command.get_name());
            let examples: Vec<&str> = lines.take_while(|line| line.starts_with("  ")).collect();
            assert!(!examples.is_empty(), "{}", command.get_name());
            for example in examples {
                assert!(example.contains(command.get_name()), "{example}");
                if let Err(error) = Ipvsctl::try_parse_from(words(example)) {
                    panic!("{example}: {error}");
                }
            }
        });
    }

    #[test]
    fn help_is_written_in_the_imperative() {
        each(&Ipvsctl::command(), &mut |command| {
            let about = command
                .get_about()
                .map(ToString::to_string)
                .unwrap_or_default();
            let verb = about.split_whitespace().next().unwrap_or_default();
            assert!(
                !verb.ends_with('s') || verb.ends_with("ss"),
                "{}: {about}",
                command.get_name()
            );
            assert!(!about.ends_with('.') || command.get_name() == "ipvsctl");
        });
    }
}
