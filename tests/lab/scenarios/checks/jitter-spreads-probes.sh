# shellcheck shell=sh
# With `start_spread`, the first probes of a server that many services share are spread over that time. With `jitter`, its
# intervals differ.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
asking() {
    # A page of its own makes a question of its own.
    cat <<Y
  - {listen: "tcp://$VIP:$1", scheduler: rr, forwarding: nat, real_servers: ["$RIP1:80"],
     check: {http: {path: /$2-$1}, timeout: 2s, fall: 1, rise: 1, $3}}
Y
}
numbers='101 102 103 104 105 106 107 108 109 110 111 112'
{
    echo 'services:'
    for number in $numbers; do
        asking "$number" at-once 'every: 10m'
        asking "2$number" spread 'every: 10m, start_spread: 12s'
    done
    asking 80 jitter 'every: 1s, jitter: 50'
} | director_define
for number in $numbers; do
    for page in at-once-$number spread-2$number; do
        echo OK | put real1 "$(web_root real1)/pages/$page"
    done
done
echo OK | put real1 "$(web_root real1)/pages/jitter-80"
asked_for() { on real1 grep -c " /$1-" "$(web_root real1)/access.log"; }
asked_times() { [ "$(asked_for "$1")" -ge "$2" ]; }
# at WHAT: the hundredths of a second at which the server was asked for those pages, from the first.
at() {
    on real1 cat "$(web_root real1)/access.log" |
        awk -v page="/$1-" 'index($2, page) == 1 { if (!first) first = $1; printf "%d\n", ($1 - first) * 100 }'
}
director_start
eventually 30 asked_times at-once 12
eventually 30 asked_times spread 12
took=$(at at-once | tail -n 1)
[ "$took" -lt $((300 * ${LAB_PATIENCE:-1})) ] || fail "first questions at once took $took hundredths of a second"
# Twelve places within twelve seconds, the same at every start: far apart, and none later than it may be.
spread=$(at spread | tail -n 1)
between() { [ "$2" -ge "$1" ] && [ "$2" -le "$3" ]; }
between 600 "$spread" $((1200 + 300 * ${LAB_PATIENCE:-1})) || fail "spread over $spread hundredths of a second: $(at spread)"
in_four_parts=$(at spread | awk '{ seen[int($1 / 300)] = 1 } END { for (part in seen) count++; print count + 0 }')
[ "$in_four_parts" -ge 3 ] || fail "not spread, but in $in_four_parts parts: $(at spread)"

eventually 30 asked_times jitter 12
intervals=$(at jitter | awk 'NR > 1 { print $1 - last } { last = $1 }')
expect_not test -z "$intervals"
differ=$(echo "$intervals" | sort -n | awk 'NR == 1 { least = $1 } { most = $1 } END { print most - least }')
[ "$differ" -ge 40 ] || fail "intervals differ by $differ hundredths of a second only: $intervals"
mean=$(echo "$intervals" | awk '{ sum += $1 } END { printf "%d", sum / NR }')
between 60 "$mean" $((150 * ${LAB_PATIENCE:-1})) || fail "an interval of $mean hundredths of a second on average: $intervals"
# The server has logged a question before the director has the answer.
all_in_service() { [ "$(table | grep -c -- "-r $RIP1:80 -m -w 1")" -eq 25 ]; }
eventually 10 all_in_service
