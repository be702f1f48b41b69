# shellcheck shell=sh
# What the kernel changes along with a setting that ipvsd writes is restored too: forwarding of each interface and
# `accept_redirects`, after a stop and after a kill. What another program has changed since stays.

. "$LAB_DIRECTORY/hardened.sh"
harden_director
definitions_with "$OWN@front" | director_define
director_start
# Settings come before addresses.
eventually 15 has "$OWN"
expect_equal 'forwarding while it runs' 1 "$(setting net.ipv4.ip_forward)"
expect_equal 'redirects while it runs' 0 "$(setting net.ipv4.conf.all.accept_redirects)"
expect_equal 'forwarding of IPv6, which no service needs' 0 "$(setting net.ipv6.conf.all.forwarding)"
director_stop
expect_equal 'the machine after the stop' "$before" "$(condition)"

# After a kill the next director knows what to put back.
definitions_with "$OWN@front" | director_define
director_start
eventually 15 has "$OWN"
director_kill
definitions_with "$OWN@front" | sed 's/, profile: nat-gateway//' | director_define
director_start
# Without the profile forwarding stays on as long as a server is reached by NAT.
eventually 15 has "$OWN"
expect_equal 'forwarding with NAT' 1 "$(setting net.ipv4.ip_forward)"
definitions_with "$OWN@front" | sed 's/, profile: nat-gateway//; s/forwarding: nat/forwarding: dr/' | director_define
director_reload
restored() {
    [ "$(setting net.ipv4.ip_forward)" = 0 ]
}
eventually 10 restored
director_stop
expect_equal 'the machine after a kill and a stop' "$before" "$(condition)"

# What another program has changed since stays.
definitions_with "$OWN@front" | director_define
director_start
eventually 15 has "$OWN"
sysctl_on director net.ipv4.conf.all.accept_redirects=1
director_stop
expect_equal 'redirects as somebody set them' 1 "$(setting net.ipv4.conf.all.accept_redirects)"
