# shellcheck shell=sh
# machines: no, it is about one process and its files, and about packages of the host, not about a network
# execute gives siblings that start, reload and stop with us; supervised and -d stay in the foreground.

take_the_place

# Siblings: b goes, c comes, d stays with another configuration.
sibling() { printf 'logfile="%s"\nvirtual=%s\n    real=%s:80 masq\n    checktype=on\n    scheduler=rr\n' "$SITE_LOG" "$1" "$RIP1" >"/etc/ha.d/$2"; }
sibling "$VIP:8001" b.cf
sibling "$VIP:8002" c.cf
sibling "$VIP:8003" d.cf
has() { table | grep -q -- "-A -t $VIP:$1 "; }
lacks() { ! has "$1"; }
site execute=b.cf | sed 's|^execute=b.cf|&\nexecute="/etc/ha.d/d.cf"|' | site_define
gives 0 ldirectord "$SITE" start
eventually 5 has 8001
eventually 5 has 8003
expect test -s /run/ldirectord.b.cf.pid
d=$(cat /run/ldirectord.d.cf.pid)
gives 0 ldirectord "$SITE" status
expect_contains 'status' 'ldirectord for /etc/ha.d/b.cf is running with pid: ' "$ERR"
expect_contains 'status' "ldirectord for /etc/ha.d/d.cf is running with pid: $d" "$ERR"
sibling "$VIP:8004" d.cf
site execute=c.cf | sed 's|^execute=c.cf|&\nexecute="/etc/ha.d/d.cf"|' | site_define
gives 0 ldirectord "$SITE" reload
eventually 5 lacks 8001
eventually 5 has 8002
eventually 5 has 8004
eventually 5 lacks 8003
expect_equal 'the sibling that stays' "$d" "$(cat /run/ldirectord.d.cf.pid)"
gives 0 ldirectord "$SITE" stop
expect_equal 'the table after the stop' '' "$(table)"
expect_not pgrep -x ldirectord

# supervised: in the foreground, on standard output, without a pid file. Debug: the same, and talkative.
site supervised=yes fork=yes | site_define
spawn director supervised ldirectord "$SITE" start
founding_table | eventually_table 5
expect_not test -e "$SITE_PID"
expect_contains 'standard output' 'Starting Linux Director v1.186-ha with pid: ' "$(log_of director supervised)"
expect_contains 'standard output' "] Added virtual server: $VIP:80" "$(log_of director supervised)"
signal director supervised TERM
eventually 5 ended director supervised
expect_equal 'the table after the stop' '' "$(table)"
site | site_define
spawn director debug ldirectord -d "$SITE" start
founding_table | eventually_table 5
expect_not test -e "$SITE_PID"
expect_contains 'standard error' "DEBUG2: Added virtual server: $VIP:80" "$(log_of director debug)"
signal director debug INT
eventually 5 ended director debug
expect_equal 'the table after the stop' '' "$(table)"
