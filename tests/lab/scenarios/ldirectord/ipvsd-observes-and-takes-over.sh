# shellcheck shell=sh
# Debian's ldirectord manages the table, with a process of its own for each service (`fork=yes`), and `ipvsd --observe` reads the same file.
# The two agree when a server fails and returns. The takeover waits for the end of ldirectord, and no request fails.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

mkdir -p "$LAB_TMP/theirs"
theirs=$LAB_TMP/theirs/ldirectord
cp /usr/sbin/ldirectord "$theirs"
take_the_place
agrees() { on director ipvsctl diff >/dev/null; }
both=$(founding_table)

for fork in no yes; do
    site cleanstop=no "fork=$fork" | site_define
    gives 0 "$theirs" "$SITE" start
    eventually_table 20 <<T
$both
T
    spawn director daemon ipvsd --observe --config "$SITE"
    director_ready
    eventually 20 agrees

    web_stop real1
    eventually_table 20 <<T
$(founding_table | grep -v -- "-r $RIP1:80")
T
    eventually 20 agrees
    web_start real1
    eventually_table 20 <<T
$both
T
    eventually 20 agrees

    refused=$(on director ipvsctl takeover 2>&1) && fail "taken over while ldirectord runs: $refused"
    expect_contains 'the refusal' 'ldirectord (pid ' "$refused"

    requests_begin users
    spawn director takeover ipvsctl takeover --wait 30s
    gives 0 "$theirs" "$SITE" stop
    eventually 20 ended director takeover
    expect_contains 'the takeover' 'ipvsd manages the table now' "$(log_of director takeover)"
    echo "$both" | throughout_table 2
    requests_end users

    web_stop real1
    eventually_table 20 <<T
$(founding_table | grep -v -- "-r $RIP1:80")
T
    web_start real1
    eventually_table 20 <<T
$both
T
    director_stop
done
