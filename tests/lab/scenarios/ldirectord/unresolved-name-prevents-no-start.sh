# shellcheck shell=sh
# ldirectord starts with a host name that cannot be resolved: all other servers serve, and that one joins when its name is resolved. A
# restart without names takes no live server out. No request fails.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

take_the_place
named() { printf '127.0.0.1 localhost\n%s\n' "$*" >/etc/hosts; }
printf 'hosts: files\n' >/etc/nsswitch.conf
by_name() { site cleanstop=no | sed "s/real=$RIP1:80/real=first.lab.example:80/"; }

named ''
by_name | site_define
gives 0 ldirectord "$SITE" start
{ service; server "$RIP2"; } | eventually_table 10
requests_begin clients
named "$RIP1 first.lab.example"
founding_table | eventually_table 15

named ''
gives 0 ldirectord "$SITE" restart
founding_table | throughout_table 3
requests_end clients
gives 0 ldirectord "$SITE" stop
