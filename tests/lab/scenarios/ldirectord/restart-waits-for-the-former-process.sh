# shellcheck shell=sh
# A restart waits for the process whose place it takes, however long that one needs to end.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

take_the_place
site | sed "s/$VIP:80/$VIP:8080/; s|^logfile=.*|logfile=\"/run/slow.log\"|" | site_define /etc/ha.d/slow.cf
gives 0 ldirectord slow.cf start
slow=$(cat /run/ldirectord.slow.cf.pid)
kill -s STOP "$slow"
spawn director restart ldirectord slow.cf restart
is_told_to_end() { [ $((0x$(sed -n 's/^\(Shd\|Sig\)Pnd:[[:space:]]*//p' "/proc/$slow/status" | sort | tail -n 1) & 0x4000)) -ne 0 ]; }
eventually 10 is_told_to_end
now
told=$NOW

# Longer than any program waits that has a limit.
long_enough() { now; [ $((NOW - told)) -gt 1100 ]; }
eventually 20 long_enough
expect running director restart
expect_equal 'who runs' "$slow" "$(cat /run/ldirectord.slow.cf.pid)"
kill -s CONT "$slow"
eventually 20 ended director restart
expect gone "$slow"
expect_contains 'what it said' "ldirectord waits for pid $slow to end" "$(log_of director restart)"
expect alive "$(cat /run/ldirectord.slow.cf.pid)"
gives 0 ldirectord slow.cf stop
expect_equal 'the table after the stop' '' "$(table)"
