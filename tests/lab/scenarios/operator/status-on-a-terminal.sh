# shellcheck shell=sh disable=SC2034
# On a terminal `ipvsctl status` has colours unless NO_COLOR forbids them, fits the width, and refreshes with --watch also while the
# daemon starts again. Elsewhere it has neither colours nor control characters. It names the sockets of other daemons.

DEFINITIONS=$YAML_DEFINITIONS
director_define <<D
services:
  - {name: web, listen: "tcp://$VIP:80", forwarding: nat, check: {http: {path: /test.html}, every: 500ms, timeout: 5s, fall: 1}, real_servers: ["$RIP1:80", "$RIP2:80"]}
D
web_stop real2
director_start
eventually 20 status_says 'DEGRADED, 1 of 2 up'
escape=$(printf '\033')
# on_terminal COLUMNS COMMAND: what a terminal of this width shows of it.
on_terminal() {
    on director script -qec "stty cols $1 rows 40; $2" /dev/null </dev/null | tr -d '\r'
}
coloured=$(on_terminal 120 'env -u NO_COLOR ipvsctl status')
expect_contains 'colours on a terminal' "${escape}[" "$coloured"
coloured=$(on_terminal 120 'env NO_COLOR= ipvsctl status')
expect_contains 'colours with an empty NO_COLOR' "${escape}[" "$coloured"
for plain in "$(on_terminal 120 'env NO_COLOR=1 ipvsctl status')" "$(on director ipvsctl status)"; do
    case $plain in *"$escape"*) fail "colours where none may be: $plain" ;; esac
    expect_contains 'the state' 'DEGRADED, 1 of 2 up' "$plain"
done
for columns in 80 100 120; do
    longest=$(on_terminal "$columns" 'env NO_COLOR=1 ipvsctl status' | LC_ALL=C.UTF-8 wc -L)
    [ "$longest" -le "$columns" ] || fail "a line of $longest characters on $columns columns"
done

# seen COUNT WORDS: so often the watch has shown them.
seen() { [ "$(log_of director watch | grep -c "$2")" -ge "$1" ]; }
spawn director watch ipvsctl status web --watch=1
eventually 10 seen 2 'DEGRADED, 1 of 2 up'
director_kill
eventually 10 seen 1 '^ipvsctl: '
web_start real2
director_start
eventually 20 seen 1 '  up, 2 of 2 up'
signal director watch TERM
eventually 5 ended director watch
case $(log_of director watch) in *"$escape"*) fail 'control characters in a file' ;; esac

# Two instances of ldirectord on this director.
director_stop
for port in 81 82; do
    put director "$LAB_TMP/director/$port.cf" <<D
virtual=$VIP:$port
    real=$RIP1:80 masq
    checktype=on
    scheduler=rr
D
done
daemons() { on director ipvsctl status 2>&1 | grep -c "$1"; }
one_answers() { [ "$(daemons "tcp $VIP:81 ")" = 1 ]; }
spawn director first "$LAB_BIN/ldirectord" -d "$LAB_TMP/director/81.cf" start
eventually 10 one_answers
expect_equal 'other daemons' 0 "$(daemons 'another daemon runs here')"
spawn director second "$LAB_BIN/ldirectord" -d "$LAB_TMP/director/82.cf" start
names_others() { [ "$(daemons 'another daemon runs here')" -ge 1 ]; }
eventually 10 names_others
on director ipvsctl status 2>&1 | sed -n 's/^ipvsctl: another daemon runs here: //p' >"$LAB_TMP/commands"
while read -r command; do
    # shellcheck disable=SC2086 # words of a command
    on director $command 2>/dev/null </dev/null
done <"$LAB_TMP/commands" >"$LAB_TMP/shown"
expect_contains 'what the named command shows' "tcp $VIP:82 " "$(cat "$LAB_TMP/shown")"
for daemon in first second; do
    signal director $daemon TERM
    eventually 10 ended director $daemon
done
