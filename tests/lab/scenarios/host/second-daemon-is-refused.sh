# shellcheck shell=sh
# Two daemons never share an IPVS table or a state file: the second one does not start, and names the first one by its process and
# its configuration, also from a container with other directories. A socket of another user prevents no start. Daemons in different network namespaces do not meet at their default paths, and `ipvsctl` finds the one of its
# own.
# machines: no, its hosts are namespaces of one kernel

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
# definitions_of NAME SERVERS [VIP]
definitions_of() {
    cat <<Y
services:
  - {name: $1, listen: "tcp://${3:-$VIP}:80", scheduler: rr, forwarding: nat, check: {http: {path: /test.html}, every: 1s}, real_servers: [$2]}
Y
}
# refused HOST COMMAND...: a second daemon ends at once with status 3; what it says is in its log.
refused() {
    refused_host=$1
    shift
    status=0
    on "$refused_host" timeout 20 "$@" >"$LAB_TMP/refused.log" 2>&1 || status=$?
    expect_equal "the status of $*" 3 "$status"
}
definitions_of web "\"$RIP1:80\", \"$RIP2:80\"" | director_define
director_start
eventually 10 tally_is '1 real1,1 real2' 2
pid=$(cat "$LAB_TMP/director/daemon.pid")
requests_begin users

definitions_of other "\"$RIP3:80\"" | put director "$LAB_TMP/director/other.yaml"
other=$LAB_TMP/director/other.yaml
refused director ipvsd --config "$other" --socket /run/ipvsd/two.sock --state "$LAB_TMP/director/two.json"
expect_contains 'what the second daemon says' "another ipvsd controls the IPVS table of this network namespace (pid $pid, configuration $DEFINITIONS)" "$(cat "$LAB_TMP/refused.log")"
# A container sees other directories and the same network.
refused director unshare -m sh -c "mount -t tmpfs run /run/ipvsd && exec ipvsd --config '$other' --state '$LAB_TMP/director/two.json'"
expect_contains 'what a daemon with other directories says' "another ipvsd controls the IPVS table of this network namespace (pid $pid, configuration $DEFINITIONS)" "$(cat "$LAB_TMP/refused.log")"
# Another table, but the same state file.
refused client ipvsd --config "$other" --state "$IPVSD_STATE"
expect_contains 'what a daemon of another table says' "another ipvsd uses the state file $IPVSD_STATE (pid $pid, configuration $DEFINITIONS)" "$(cat "$LAB_TMP/refused.log")"

# In another namespace it has a table, a socket and a state file of its own, all by default.
mount -t tmpfs state /var/lib
definitions_of other "\"$RIP3:80\"" "$DIRECT_VIP" | put client "$LAB_TMP/client/other.yaml"
# A user who may not control the table has the name of the socket.
# shellcheck disable=SC2016 # variables of perl
spawn client squatter setpriv --reuid=65534 --regid=65534 --clear-groups perl -MIO::Socket::UNIX -e '
    my $socket = IO::Socket::UNIX->new(Local => "\0ipvsd-table", Listen => 1) or die; sleep'
has_squatter() { on client grep -q '@ipvsd-table$' /proc/net/unix; }
eventually 10 has_squatter
spawn client daemon env -u IPVSD_STATE ipvsd --config "$LAB_TMP/client/other.yaml"
names_other() { on client ipvsctl status --wide | grep -q other; }
eventually 10 names_other
expect_contains 'ipvsctl in the first namespace' 'web' "$(director_status)"
eventually 10 test -s /var/lib/ipvsd/state@client.json
expect_contains 'what the daemon beside the squatter says' 'a process of user 65534 has its name; ipvsd starts, but a second ipvsd would not be refused' "$(cat "$LAB_TMP/client/daemon.log")"
signal client squatter KILL
signal client daemon TERM
eventually 10 ended client daemon
requests_end users

# Without the first one, the second one starts; it waits for one that is stopping.
signal director daemon TERM
spawn director daemon ipvsd --config "$other"
director_ready
eventually 10 answered_by real3
director_kill
director_start
eventually 10 tally_is '1 real1,1 real2' 2
