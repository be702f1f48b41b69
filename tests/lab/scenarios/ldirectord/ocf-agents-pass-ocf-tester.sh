# shellcheck shell=sh
# Pacemaker's agent for ldirectord, of Debian's resource-agents, and ours pass the cluster's own tester.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

take_the_place
export OCF_ROOT=/usr/lib/ocf

# tested AGENT: the tester is content, and so are we with what the agent says in between.
tested() {
    agent=$1
    site | site_define
    gives 0 ocf-tester -n director -o "configfile=$SITE" "$agent"
    expect_contains "what the tester says of $agent" 'passed all tests' "$OUT"
    expect_equal 'the table after the tests' '' "$(table)"

    asked() { gives "$1" env OCF_RESOURCE_INSTANCE=director "OCF_RESKEY_configfile=$SITE" "__OCF_ACTION=$2" "$agent" "$2"; }
    asked 7 monitor
    asked 0 start
    founding_table | eventually_table 5
    asked 0 monitor
    # A slip of the operator is no reason to take a director down, and none not to stop it properly.
    echo frob=1 >>"$SITE"
    asked 0 monitor
    asked 0 stop
    expect_equal 'the table after the stop' '' "$(table)"
    eventually 5 no_ldirectord
    site | site_define
    asked 7 monitor
    echo 99999 >"$SITE_PID"
    asked 7 monitor
    rm "$SITE_PID"
    rm "$SITE"
    asked 5 monitor
}

tested /usr/lib/ocf/resource.d/heartbeat/ldirectord

ours=$LAB_ROOT/ldirectord-compat/ocf/ldirectord
tested "$ours"
# Without a file nothing can be started, but what runs can be stopped, and nothing is as good as stopped.
asked 0 stop
site | site_define
asked 0 start
asked 0 reload
founding_table | eventually_table 5
rm "$SITE"
asked 0 stop
expect_equal 'the table after the stop' '' "$(table)"
echo frob=1 | site_define
asked 6 start
expect_contains 'the reason' "$SITE is not valid" "$ERR"
