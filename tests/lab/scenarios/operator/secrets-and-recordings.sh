# shellcheck shell=sh
# A password in the configuration appears in no log, recording, state file, status, API answer, process list or replay, whatever
# a server repeats and however much is logged, in both dialects. A replay decides exactly what the daemon decided.

canary=kanarienvogel-7731
yaml=$LAB_TMP/director/secret.yaml
recording=$LAB_TMP/director/recording
ctl() { on director ipvsctl "$@"; }
define() {
    put director "$yaml" <<D
notify: [{webhook: "http://$RIP1/$1/hook", group_wait: 1s}]
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {tcp: {}, every: 1s, timeout: 3s, fall: 1}
    real_servers: [$RIP1:80, $RIP2:80]
  - name: mail
    listen: tcp://$VIP:143
    forwarding: nat
    check: {imap: {login: probe, password: $1}, every: 1s, timeout: 3s}
    real_servers: [$RIP1:143, $RIP2:143]
  - name: repeating
    listen: tcp://$VIP:144
    forwarding: nat
    check: {imap: {login: probe, password: $1}, port: 7300, every: 1s, timeout: 3s, fall: 1}
    real_servers: [$RIP1:144]
  - name: url
    listen: tcp://$VIP:145
    forwarding: nat
    check: {http: {path: "http://probe:$1@$RIP1/test.html"}, every: 1s, timeout: 3s, fall: 1}
    real_servers: [$RIP1:145]
  - name: request
    listen: tcp://$VIP:146
    forwarding: nat
    checks:
      - http: {headers: {X-API-Key: $1, X-Tenant: $1}, login: probe, password: $1, body: $1}
        every: 1s
        timeout: 3s
      - {name: token, http: {bearer: $1}, every: 1s, timeout: 3s}
      - {name: file, http: {bearer: {file: $LAB_TMP/director/token}}, every: 1s, timeout: 3s}
    real_servers: [$RIP1:146]
  - name: radius
    listen: udp://$VIP:1812
    forwarding: nat
    check: {radius: {login: probe, password: $1, secret: $1-too}, every: 1s, timeout: 1s}
    real_servers: [$RIP1:1812]
D
}
echo "$canary-in-a-file" | put director "$LAB_TMP/director/token"
responder_start real1 repeating
define "$canary"
spawn director daemon env IPVSD_LOG=trace ipvsd --config "$yaml" --record "$recording"
director_ready
both() { [ "$(table | grep -c -- "-a -t $VIP:80")" = "$1" ]; }
eventually 10 both 2
web_stop real2
eventually 10 both 1
ctl drain web "$RIP1" -m 'a look inside' --author ann --force >/dev/null
ctl enable web "$RIP1" --author ann >/dev/null
define "[$canary]"
expect_not ctl reload
define "$canary-new"
ctl reload
web_start real2
eventually 10 both 2

# The server that repeats the password is down, and its words are shown without it.
repeated() { ctl status | grep -q 'you said .*\*\*\*'; }
eventually 10 repeated

nowhere() {
    case $2 in *kanarienvogel*) fail "the secret stands in $1: $(echo "$2" | grep -o '.\{0,60\}kanarienvogel.\{0,20\}' | head -n 3)" ;; esac
}
nowhere 'the status' "$(ctl status; ctl status --json)"
nowhere 'the chain' "$(ctl explain mail "$RIP1")"
nowhere 'the answer of the socket' "$(on director curl -sS --unix-socket "$(on director sh -c "ls /run/ipvsd/ipvsd*.sock")" http://ipvsd/v1/status)"
nowhere 'the overrides' "$(ctl overrides --json)"
nowhere 'the plan' "$(ctl plan --json "$yaml")"
pid=$(on director cat "$LAB_TMP/director/daemon.pid")
nowhere 'the process list' "$(on director sh -c "tr '\\0' ' ' </proc/$pid/cmdline; tr '\\0' ' ' </proc/$pid/environ; ps ax")"
director_stop
nowhere 'the log' "$(director_log)"
nowhere 'the recording' "$(on director cat "$recording")"
nowhere 'the state file' "$(on director cat "$IPVSD_STATE")"
expect_contains 'the recording' '***1' "$(on director cat "$recording")"
replayed=$(ctl replay "$recording" 2>&1) || fail "the replay differs: $(echo "$replayed" | tail -n 3)"
nowhere 'the replay' "$replayed"
expect_contains 'the replay' 'exactly as recorded' "$replayed"
expect_contains 'the replay' 'the end' "$replayed"

# One that ends in the middle of a line, as by kill -9, is replayed as far as it goes.
# shellcheck disable=SC2016 # the shell on the host expands
on director sh -c 'head -c -7 "$1" >"$1.cut"' cut "$recording"
replayed=$(ctl replay "$recording.cut" 2>&1) || fail "the replay of the rest differs: $(echo "$replayed" | tail -n 3)"
expect_contains 'the replay of the rest' 'skipping the last line' "$replayed"

# The same in the dialect of ldirectord.
cf=$LAB_TMP/director/secret.cf
put director "$cf" <<D
checkinterval=1
virtual=$VIP:144
    real=$RIP1:144 masq
    service=imap
    checkport=7300
    login="probe"
    passwd="$canary"
virtual=$VIP:1812
    real=$RIP1:1812 masq
    protocol=udp
    service=radius
    login="probe"
    passwd="$canary"
    secret="$canary-too"
D
on director rm -f "$recording"
spawn director daemon env IPVSD_LOG=trace ipvsd --config "$cf" --record "$recording"
director_ready
eventually 10 repeated
nowhere 'the status' "$(ctl status; ctl status --json)"
director_stop
nowhere 'the log' "$(director_log)"
nowhere 'the recording' "$(on director cat "$recording")"
nowhere 'the state file' "$(on director cat "$IPVSD_STATE")"
