# shellcheck shell=sh
# An override that another author has set stays unless `--replace` is given, and so does a stricter one. The author is the user at the
# socket. `plan` and `apply` leave a server out that an override takes out. No request fails.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
ctl() { on director ipvsctl "$@"; }
# refused COMMAND...: it ends with status 3; what it says is in REFUSED.
refused() {
    status=0
    REFUSED=$("$@" 2>&1) || status=$?
    expect_equal "the status of $*" 3 "$status"
}
out() { service; server "$RIP1"; server "$RIP3"; }

director_define <<D
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html}, every: 500ms, timeout: 2s, fall: 2}
    real_servers: ["$RIP1:80", "$RIP2:80", "$RIP3:80"]
D
director_start
{ service; server "$RIP1"; server "$RIP2"; server "$RIP3"; } | eventually_table 10

# Ann takes a server out; Ben, who does not know, does not get it back by a drain or a weight.
ctl disable web "$RIP2" -m 'disk broken' --author ann >/dev/null
out | eventually_table 5
requests_begin web
for command in "drain web $RIP2" "weight web $RIP2 --to 5"; do
    # shellcheck disable=SC2086 # words
    refused ctl $command --author ben
    expect_contains "the answer to $command" "web $RIP2:80 has an override: disable: disk broken, by root (ann)" "$REFUSED"
    expect_contains "the answer to $command" ' s ago; to replace it, use --replace' "$REFUSED"
done
out | throughout_table 1
# Nor does one who has no other name than hers.
refused ctl drain web "$RIP2" --author ann
expect_contains 'the chain' '(override by root (ann))' "$(ctl explain web "$RIP2")"

# What changes the configuration leaves it out too, and says so before.
expect_equal 'the plan' 'nothing to change' "$(ctl plan "$DEFINITIONS")"
ctl reload >/dev/null
on director sed 's/fall: 2/fall: 3/' "$DEFINITIONS" | put director "$LAB_TMP/director/new.yaml"
expect_contains 'what apply says' 'nothing to change' "$(ctl apply "$LAB_TMP/director/new.yaml")"
out | throughout_table 2
expect_equal 'answers of the server that is out' 0 "$(answers 6 | grep -c real2 || :)"

# Whoever insists replaces it.
ctl drain web "$RIP2" -m 'new disk' --author ben --replace >/dev/null
expect_contains 'the overrides' 'by root (ben)' "$(ctl overrides)"
expect_equal 'the plan with a drain' 'nothing to change' "$(ctl plan "$DEFINITIONS")"
refused ctl enable web "$RIP2" --author ann
expect_contains 'the answer to enable' 'drain: new disk, by root (ben)' "$REFUSED"
expect_contains 'the answer to enable' ' s ago; to end it, use --replace' "$REFUSED"
ctl enable web "$RIP2" --author ann --replace >/dev/null
{ service; server "$RIP1"; server "$RIP2"; server "$RIP3"; } | eventually_table 5
requests_end web
