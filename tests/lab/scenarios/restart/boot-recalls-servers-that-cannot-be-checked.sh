# shellcheck shell=sh disable=SC2016,SC2034
# After a boot the kernel's table is empty. Servers that were up before it serve although their check cannot run now; one that was
# down stays out, and so does one that nothing is known of.

DEFINITIONS=$YAML_DEFINITIONS
program=$LAB_TMP/director/check-page
definitions() {
    cat <<Y
defaults: {service: {scheduler: rr, forwarding: nat, on_failure: remove, check: {command: [$program, "{rip}"], every: 500ms, timeout: 5s, fall: 1}}}
services:
  - {listen: "tcp://$VIP:80", real_servers: [$1]}
Y
}
printf '%s\n' '#!/bin/sh' 'curl -sf -m 4 "http://$1/test.html" | grep -q OK' | put director "$program"
on director chmod 755 "$program"
definitions "'$RIP1:80', '$RIP2:80'" | director_define
web_sick real2
director_start
first_alone=$(service; server "$RIP1")
echo "$first_alone" | eventually_table 10
director_stop

# The machine boots, and the check's program is not there.
on director ipvsadm -C
on director mv "$program" "$program.away"
web_healthy real2
definitions "'$RIP1:80', '$RIP2:80', '$RIP3:80'" | director_define
director_start
echo "$first_alone" | eventually_table 10
requests_begin users
expect_contains 'the reason' 'up before the start, and cannot be checked' "$(on director ipvsctl explain "tcp://$VIP:80" "$RIP1")"
echo "$first_alone" | throughout_table 3
expect_equal 'who answers' '6 real1' "$(tally 6)"
on director mv "$program.away" "$program"
eventually_table 20 <<T
$first_alone
$(server "$RIP2")
$(server "$RIP3")
T
requests_end users
