# shellcheck shell=sh disable=SC2016,SC2034
# Twenty check commands that need the processor start at the same moment. About two run at once for each processor, each one's
# time counts from its own start, and so no server of a full pool leaves the table and no request fails.

DEFINITIONS=$YAML_DEFINITIONS
ports='8001 8002 8003 8004 8005 8006 8007 8008 8009 8010'
web_listen "80 $ports" real1 real2
# It notes how many run at this moment, and counts.
busy=$LAB_TMP/director/check-busy
running=$LAB_TMP/director/running
put director "$busy" <<'C'
#!/bin/sh
mkdir "$1/$$"
find "$1" -mindepth 1 -maxdepth 1 | wc -l >>"$1.counts"
i=0; while [ $i -lt "$2" ]; do i=$((i + 1)); done
rmdir "$1/$$"
C
on director chmod 755 "$busy"
on director mkdir -p "$running"
# Alone it takes 0.4 s, so twenty of them take 8 s and more.
now
began=$NOW
on director "$busy" "$running" 100000
now
turns=$((100000 * 40 / (NOW - began + 1)))
on director rm "$running.counts"
servers=$(for port in $ports; do printf '"%s:%s", "%s:%s", ' "$RIP1" "$port" "$RIP2" "$port"; done)
director_define <<D
services:
  - listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {command: [$busy, $running, "$turns"], every: 10s, timeout: 4s, fall: 1}
    real_servers: [${servers%, }]
D
full() {
    service
    for port in $ports; do for rip in "$RIP1" "$RIP2"; do echo "-a -t $VIP:80 -r $rip:$port -m -w 1"; done; done
}
full | on director ipvsadm -R
director_start
requests_begin users
all_asked() { [ "$(on director sh -c 'wc -l <"$1"' count "$running.counts" 2>/dev/null || echo 0)" -ge 20 ]; }
until all_asked; do
    full | throughout_table 1
done
full | throughout_table 5
requests_end users
most=$(on director sort -n "$running.counts" | tail -n 1)
processors=$(on director nproc)
[ "$most" -le $((2 * processors)) ] || fail "$most check commands ran at once on $processors processors"
expect_not log_contains 'no answer within'
