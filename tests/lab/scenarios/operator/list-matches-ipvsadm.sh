# shellcheck shell=sh
# `ipvsctl list -n` prints the same bytes as `ipvsadm -L -n`, whichever program made the table.

same_listing() {
    expect_equal "$1" "$(on director ipvsadm -L -n)" "$(on director ipvsctl list -n)"
}

same_listing 'an empty table'
on director ipvsadm -R <<T
-A -t $VIP:443 -s wlc -p 300
-a -t $VIP:443 -r $RIP1:443 -g -w 10
-a -t $VIP:443 -r $RIP2:443 -i -w 65535
T
same_listing 'persistence, direct routing and a tunnel'
on director ipvsadm -C
on director ipvsadm -R <<T
-A -u [$VIP6]:53 -s sh -b sh-port -o
-a -u [$VIP6]:53 -r [$RIP61]:53 -m -w 0
T
same_listing 'IPv6 over UDP with flags'
on director ipvsadm -C
on director ipvsadm -R <<T
-A -f 5 -s rr
-a -f 5 -r $RIP1:0 -g
T
same_listing 'a firewall mark'
on director ipvsadm -C

start_founding_director
answers 7 >/dev/null
download_start open
# Connections come to their end meanwhile.
settled() { [ "$(on director ipvsadm -L -n)" = "$(on director ipvsctl list -n)" ]; }
within 3 settled || same_listing 'the table of the daemon, with connections'
