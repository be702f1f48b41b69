# shellcheck shell=sh
# A server that fails keeps its open download until it has ended; so does the service when it leaves the
# configuration meanwhile.

. "$LAB_DIRECTORY/draining-web.sh"

another="{name: other, listen: 'tcp://$VIP:81', scheduler: rr, forwarding: nat, check: none, real_servers: [$RIP3:80]}"
other() {
    echo "-A -t $VIP:81 -s rr"
    echo "-a -t $VIP:81 -r $RIP3:80 -m -w 1"
}
web "$RIP2:80" "$another"
director_start
eventually_table 10 <<T
$(service)
$(server "$RIP2")
$(other)
T
download_start third
web_quit real2
eventually_table 10 <<T
$(service)
$(server "$RIP2" 0)
$(other)
T
on director sed -i '/name: web/,/real_servers: \[/d' "$DEFINITIONS"
on director ipvsctl reload --force
expect_download_goes_on third
on director ipvsadm -L -n -t "$VIP:80" >/dev/null
expect_download_completes third
eventually_table 15 <<T
$(other)
T
