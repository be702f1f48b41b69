# shellcheck shell=sh
# Switching by hand: Debian's ldirectord needs a moment to end after its `stop` has returned. Our `start` waits for that, and serves.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

mkdir -p "$LAB_TMP/theirs"
theirs=$LAB_TMP/theirs/ldirectord
cp /usr/sbin/ldirectord "$theirs"
take_the_place
silent=192.168.6.77
# A check of a server that is silent delays its end.
site checktimeout=3 negotiatetimeout=3 | sed "s|^\([[:space:]]*\)real=$RIP1.*|&\n\1real=$silent:80 masq|" | site_define
expect grep -q "real=$silent" "$SITE"
serves() { table | grep -qF -- "-r $RIP1:80 "; }
is_ours() { pid=$(cat "$SITE_PID") && alive "$pid" && [ "$(readlink "/proc/$pid/exe")" = "$LAB_BIN/ipvsd" ]; }
waited=0
for turn in 1 2; do
    gives 0 "$theirs" "$SITE" start
    within 20 serves || fail "turn $turn: theirs does not serve: $(tail -n 20 "$SITE_LOG")"
    pid=$(cat "$SITE_PID")
    gives 0 "$theirs" "$SITE" stop
    if alive "$pid"; then waited=$((waited + 1)); fi
    gives 0 ldirectord "$SITE" start
    expect gone "$pid"
    within 10 is_ours || fail "turn $turn: ours does not run: $(tail -n 20 "$SITE_LOG")"
    within 10 serves || fail "turn $turn: ours does not serve: $(table)"
    gives 0 ldirectord "$SITE" stop
    expect gone "$(cat "$SITE_PID" 2>/dev/null || echo none)"
done
[ "$waited" -gt 0 ] || fail 'theirs ended before its stop did, each time: nothing was tried'
