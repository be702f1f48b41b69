# shellcheck shell=sh
# YAML configurations, agents on real servers, and the director's link to them.

# A scenario in YAML says: DEFINITIONS=$YAML_DEFINITIONS
# shellcheck disable=SC2034
YAML_DEFINITIONS=$LAB_TMP/director/definitions.yaml

# agent_says HOST TEXT: the agent on port 9707 of the host says this line from now on.
agent_says() {
    echo "$2" | put "$1" "$LAB_TMP/$1/agent.line"
}

# agent_start HOST TEXT
agent_start() {
    agent_says "$1" "$2"
    # shellcheck disable=SC2016
    spawn "$1" agent perl -MIO::Socket::INET -e '$SIG{PIPE} = "IGNORE";
        my $listener = IO::Socket::INET->new(LocalPort => 9707, Listen => 5, ReuseAddr => 1) or die "$!\n";
        while (1) { my $peer = $listener->accept or next; open my $file, "<", $ARGV[0] or die; print {$peer} readline $file; close $peer }' \
        "$LAB_TMP/$1/agent.line"
}

# link_down, link_up: the director's interface to its real servers.
link_down() {
    on director ip link set back down
}

link_up() {
    on director ip link set back up
    on director ip -6 address replace "$DIP6/64" dev back nodad 2>/dev/null || :
}

# Everything to the real servers is lost on the way, and nobody says so.
link_loses_everything() {
    for neighbour in "$RIP1" "$RIP2" "$RIP3"; do
        on director ip neighbour replace "$neighbour" lladdr 02:00:00:00:00:99 dev back nud permanent
    done
}

link_is_well() {
    for neighbour in "$RIP1" "$RIP2" "$RIP3"; do
        on director ip neighbour del "$neighbour" dev back
    done
}
