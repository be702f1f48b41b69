# shellcheck shell=sh
# A service with a VIP of its own leaves the configuration: its open download goes on, so the VIP stays until the download has ended,
# and leaves then.

OWN=172.17.60.210
# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
# site SERVICE: the configuration with this service beside the one that stays.
site() {
    director_define <<D
defaults: {service: {scheduler: rr, forwarding: nat, check: {http: {path: /test.html}, every: 500ms, fall: 1}}}
services:
  - {name: web, listen: "tcp://$VIP:80", real_servers: ["$RIP1:80", "$RIP2:80"]}
  $1
D
}
has_own() { on director ip -o address show dev front | grep -q " $OWN/"; }
has_no_own() { ! has_own; }
own_service() { on director ipvsadm -L -n -t "$OWN:80" >/dev/null 2>&1; }
site "- {name: own, listen: 'tcp://$OWN:80', vip: {interface: front}, real_servers: ['$RIP3:80']}"
director_start
eventually 10 tally_is '2 real3' 2 "$OWN"
download_start first "$OWN"

site ''
on director ipvsctl reload >/dev/null
eventually 5 weight_is "$OWN:80" "$RIP3" 0
expect_download_goes_on first
expect has_own
leaving() { on director ipvsctl "$1" "$OWN:80" ${2:+"$2"} || [ $? = 1 ]; }
expect_contains 'its status' "tcp $OWN:80  no longer configured, draining" "$(leaving status)"
explained=$(leaving explain "$RIP3")
expect_contains 'its server' "tcp $OWN:80  $RIP3:80  (no longer configured)" "$explained"
expect_contains 'its server' "active and " "$(echo "$explained" | grep '^  kernel *0 ')"
case $(on director ipvsctl doctor) in *"$OWN"*) fail "doctor reports the service that drains: $(on director ipvsctl doctor)" ;; esac
expect_download_completes first
eventually 15 has_no_own
expect_not own_service
expect_equal 'who answers at the other VIP' '1 real1,1 real2' "$(tally 2 | paste -sd,)"

own_stays() { site "- {name: own, listen: 'tcp://$OWN:80', $1 real_servers: ['$RIP3:80']}"; }
own_stays 'vip: {interface: front},'
director_reload
eventually 10 tally_is '2 real3' 2 "$OWN"
download_start second "$OWN"
own_stays ''
planned=$(on director ipvsctl plan "$DEFINITIONS")
expect_contains 'the plan' "remove  $OWN/32 on front   (set by ipvsd and no longer configured; service own still uses this address and loses it)   [ends 1 active and " "$planned"
expect_contains 'the plan' 'the clients of a VIP that is removed wait for their own timeout' "$planned"
own_stays 'vip: {interface: front},'
director_reload
expect_download_completes second
