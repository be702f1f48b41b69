# shellcheck shell=sh
# Debian's init script, heartbeat's resource script and the systemd unit work unchanged with our ldirectord.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

take_the_place
site >/etc/ha.d/ldirectord.cf

# The init script reads the path of the configuration from /etc/default.
echo 'CONFIG_FILE=/etc/ha.d/ldirectord.cf' >/etc/default/ldirectord
init=/etc/init.d/ldirectord
pid_file=/run/ldirectord.ldirectord.cf.pid
gives 3 $init status
gives 0 $init start
founding_table | eventually_table 5
gives 0 $init status
pid=$(cat $pid_file)
gives 0 $init start
expect_equal 'the pid after another start' "$pid" "$(cat $pid_file)"
site quiescent=yes >/etc/ha.d/ldirectord.cf
gives 0 $init reload
web_sick real1
eventually_logged 5 "Quiescent real server: $RIP1:80 ($VIP:80) (Weight set to 0)"
web_healthy real1
founding_table | eventually_table 5
gives 0 $init force-reload
gives 0 $init restart
gives 0 $init try-restart
founding_table | eventually_table 5
echo frob=1 >>/etc/ha.d/ldirectord.cf
gives 2 $init restart
gives 0 $init status
gives 0 $init stop
expect_equal 'the table after the stop' '' "$(table)"
gives 2 $init start
gives 1 $init frob
site >/etc/ha.d/ldirectord.cf
gives 0 $init try-restart
gives 3 $init status

# heartbeat calls a link to the program, as in: haresources "director ldirectord::site.cf".
resource=/etc/ha.d/resource.d/ldirectord
expect_equal 'the resource script' /usr/sbin/ldirectord "$(readlink $resource)"
site | site_define
gives 3 $resource site.cf status
gives 0 $resource site.cf start
gives 0 $resource site.cf status
expect_contains 'status' 'running' "$ERR"
founding_table | eventually_table 5
gives 0 $resource site.cf stop
expect_equal 'the table after the stop' '' "$(table)"

# The unit file: Type=forking wants the process of PIDFile when ExecStart returns, not a child of ours.
mkdir -p /var/lock/subsys
unit() { sed -n "s/^$1=//p" /lib/systemd/system/ldirectord.service; }
# shellcheck disable=SC2046 # the line's words
run_line() { gives 0 $(unit "$1"); }
expect_equal 'type of the unit' forking "$(unit Type)"
site >/etc/ha.d/ldirectord.cf
run_line ExecStart
run_line ExecStartPost
pid=$(cat "$(unit PIDFile)")
expect alive "$pid"
expect_not test "$(awk '{ print $4 }' "/proc/$pid/stat")" -eq $$
founding_table | eventually_table 5
site quiescent=yes >/etc/ha.d/ldirectord.cf
run_line ExecReload
eventually_logged 5 'Reloading Linux Director Daemon config on signal'
run_line ExecStop
run_line ExecStopPost
expect gone "$pid"
expect_not test -e "$(unit PIDFile)"
expect_equal 'the table after the stop' '' "$(table)"
