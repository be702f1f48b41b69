# shellcheck shell=sh disable=SC2016,SC2034
# A check command that cannot be run is a local error: its program is missing, may not be executed, names an interpreter that does
# not exist, needs a program that is missing, or may not become its user. No server leaves the table for it and no request fails.

DEFINITIONS=$YAML_DEFINITIONS
program=$LAB_TMP/director/check-page
program_begins() {
    { echo "$1"; echo 'curl -sf -m 4 "http://$1/test.html" | grep -q OK'; } | put director "$program"
    on director chmod 755 "$program"
}
director_define <<D
defaults: {service: {scheduler: rr, forwarding: nat, real_servers: ["$RIP1:80", "$RIP2:80"]}}
services:
  - {listen: "tcp://$VIP:80", check: {command: [$program, "{rip}"], every: 500ms, timeout: 5s, fall: 1}}
  - {listen: "tcp://$VIP:81", check: {command: {run: [/bin/false], user: nobody}, every: 500ms, timeout: 5s, fall: 1}}
D
# The service with a user was served before this start, and this director may not change the user.
as_before() {
    founding_table
    founding_table | sed "s/$VIP:80/$VIP:81/"
}
as_before | grep "$VIP:81" | on director ipvsadm -R
program_begins '#!/bin/sh'
spawn director daemon setpriv --bounding-set=-setuid,-setgid ipvsd --config "$DEFINITIONS"
director_ready
as_before | eventually_table 20
requests_begin users "$VIP:81"
eventually 10 status_says 'cannot run a check as nobody: operation not permitted; ipvsd needs CAP_SETUID and CAP_SETGID'

# nothing_changes WORDS: they are in the status, and clients are served as before.
nothing_changes() {
    eventually 10 status_says "$1"
    as_before | throughout_table 1
    expect_equal 'who answers' '3 real1,3 real2' "$(tally 6 | paste -sd,)"
}
on director mv "$program" "$program.away"
nothing_changes "cannot run $program: no such file or directory"
on director mv "$program.away" "$program"
on director chmod 644 "$program"
nothing_changes "cannot run $program: permission denied"
program_begins '#!/no/such/interpreter'
nothing_changes "cannot run $program: the interpreter of its first line does not exist"
program_begins '#!/usr/bin/env no-such-interpreter'
nothing_changes 'exit status 127, the check could not run a program'

requests_end users
# Without a first line it is a script of the shell, and now a sick server is found.
program_begins ''
web_sick real1
eventually_table 20 <<T
$(as_before | grep -v "$VIP:80 -r $RIP1")
T
expect_equal 'who answers in the end' '6 real2' "$(tally 6)"
