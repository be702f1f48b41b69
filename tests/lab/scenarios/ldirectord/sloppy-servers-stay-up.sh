# shellcheck shell=sh
# Servers that break their protocol, send odd bytes or hang are up with ipvsd if they are up with Debian's ldirectord: the checks of
# both run on a fixed quarter of the servers of `make sloppy`, and find what its RESULTS.md says.
# machines: no, the servers are addresses of one kernel
# limit: 900

SLOPPY=$LAB_DIRECTORY/sloppy
TLS=$LAB_TMP/tls
FOUND=$LAB_RESULTS/sloppy
mkdir -p "$TLS" "$FOUND"
"$SLOPPY/certificates" "$SLOPPY/cases" "$TLS"
export SSL_CERT_FILE="$TLS/ca.pem"
on director ip route add local 10.90.0.0/16 dev lo

# serve_sloppy SECONDS: all servers, with connections that live that long at most.
serve_sloppy() {
    rm -f "$LAB_TMP/sloppy.ready"
    spawn director sloppy "$SLOPPY/serve" "$SLOPPY/cases" "$TLS" "$LAB_TMP/sloppy.ready" "$1"
    eventually 20 test -e "$LAB_TMP/sloppy.ready"
}

# reference_of ADDRESSES: ldirectord's checks of these cases.
reference_of() {
    "$SLOPPY/configuration" "$SLOPPY/cases" "$VIP" 3 "$@" >"$LAB_TMP/reference.cf"
    on director "$SLOPPY/reference" "$LAB_TMP/reference.cf" 24 >>"$FOUND/reference"
}

compared() {
    on director ipvsctl status --json >"$FOUND/status" || return 1
    "$SLOPPY/compare" "$SLOPPY/cases" "$SLOPPY/reasons" "$FOUND/reference" "$FOUND/status" "$SLOPPY/RESULTS.md" \
        "$FOUND/again" >"$FOUND/RESULTS.md" 2>"$FOUND/differs"
}

as_on_the_page() {
    rm -f "$FOUND/again"
    compared || :
    [ -e "$FOUND/again" ] && ! [ -s "$FOUND/again" ]
}

"$SLOPPY/configuration" --quarter "$SLOPPY/cases" >"$LAB_TMP/quarter"
serve_sloppy 6
: >"$FOUND/reference"
now
began=$NOW
reference_of "$LAB_TMP/quarter"
now
echo "# reference: $(((NOW - began) / 100)) s"
began=$NOW
# All checks of ours start at once, and this machine is slow: their limit is longer, so the servers' life is too.
signal director sloppy TERM
eventually 5 ended director sloppy
serve_sloppy 15
"$SLOPPY/configuration" "$SLOPPY/cases" "$VIP" 10 "$LAB_TMP/quarter" | director_define
director_start
POLL=2
if ! within 20 as_on_the_page; then
    # A busy machine keeps a server from answering in time: those that differ once more, alone.
    signal director sloppy TERM
    eventually 5 ended director sloppy
    serve_sloppy 6
    reference_of "$FOUND/again"
    within 20 as_on_the_page || fail "$(cat "$FOUND/differs")"
fi
now
echo "# ours: $(((NOW - began) / 100)) s"
compared || fail "$(cat "$FOUND/differs")"
director_stop
sed -n '/ servers: /p' "$FOUND/RESULTS.md"
