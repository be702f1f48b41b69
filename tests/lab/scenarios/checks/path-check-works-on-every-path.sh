# shellcheck shell=sh
# A check with `via: vip` and `test_mtu` works with NAT, direct routing, local node and every kind of tunnel, of both
# families and across them.

. "$LAB_DIRECTORY/forwarding-paths.sh"
paths_up
export DEFINITIONS="$LAB_TMP/director/paths.yaml"
# On an empty table a server comes in when it has answered for the VIP.
path_probed_definitions | director_define
director_start
servers=$(awk -F'|' '{ n += $7 ? 2 : 1 } END { print n }' "$PATHS")
answered() { on director ipvsctl save -n | grep '^-a -t .* -w 1' >"$LAB_TMP/answered"; }
all_answered() { answered && [ "$(wc -l <"$LAB_TMP/answered")" -eq "$servers" ]; }
within 30 all_answered || on director ipvsctl status
awk -F'|' '
    FILENAME ~ /answered$/ { split($0, word, " "); up[word[3]]++; next }
    {
        count = $7 ? 2 : 1
        came = up[($2 ~ /:/ ? "[" $2 "]" : $2) ":80"] + 0
        print $3 "|" $4 "|probe|" (came == count ? "ok" : "of " count " servers " came " came in")
    }' "$LAB_TMP/answered" "$PATHS" >"$LAB_TMP/probe.cells"
cells <"$LAB_TMP/probe.cells"
director_stop
expect_equal 'the table after a stop' '' "$(on director ipvsadm -S -n)"
bad=$(grep -v '|ok$' "$LAB_TMP/probe.cells") || true
[ -z "$bad" ] || fail "these checks do not find a good server:
$bad"
