# shellcheck shell=sh
# The other protocols of the lab's real servers: as much of each as a health check asks for (see responder).

# responder_start HOST PROTOCOL...: the host serves them when this returns.
responder_start() {
    responder_host=$1
    shift
    responder_ready=$LAB_TMP/$responder_host/responder.ready
    on "$responder_host" rm -f "$responder_ready"
    spawn "$responder_host" responder perl "$LAB_DIRECTORY/responder" "$responder_ready" "$@"
    within 20 on "$responder_host" test -e "$responder_ready" || fail "$responder_host does not serve $*: $(log_of "$responder_host" responder)"
}

# responder_stop HOST: the host refuses them.
responder_stop() {
    # shellcheck disable=SC2016
    on "$1" sh -c 'kill -s KILL -- "-$(cat "$1")" 2>/dev/null || :' responder_stop "$LAB_TMP/$1/responder.pid"
    within 5 ended "$1" responder || fail "the responder of $1 does not end"
}

# certificates_make: an authority of the lab and a server certificate by it, where the responder looks for them. It is for
# the name www.lab and for real1 and real2 by address, so that real3 has one that does not fit.
certificates_make() {
    mkdir -p "$LAB_TMP/tls"
    perl "$LAB_DIRECTORY/make-certificates" "$LAB_TMP/tls" "$RIP1" "$RIP2"
}
