# shellcheck shell=sh
# `ipvsctl list` and `save` print the same bytes as `ipvsadm -L` and `-S`, in all their forms and in the same order, whichever program
# made the table. `ipvsctl list` takes their options as they are.

# same OPTION...: a listing with these options.
same() {
    expect_equal "$what, $*" "$(on director ipvsadm "$@" && echo end)" "$(on director ipvsctl list "$@" && echo end)"
}
every_form() {
    what=$1
    for form in -Ln -ln '-L --numeric' '-Ln --stats' '-Ln --rate' '-Ln --stats --exact' '-Ln --rate -X' '-Ln --thresholds' \
        '-Ln --persistent-conn' '-Ln --tun-info' '-Ln --rate --stats --tun-info' '-Ln --sort' '-Ln --nosort' '-Ln --nosort --stats' \
        '-L --nosort' '-L --timeout' '-L --daemon' -Lnc -lnc '-Lnc --persistent-conn' '-Lc' -S -Sn; do
        # shellcheck disable=SC2086
        same $form
    done
    expect_equal "$what, save -n" "$(on director ipvsadm -S -n)" "$(on director ipvsctl save -n)"
}

load_modules director ip_vs_pe_sip
every_form 'an empty table'
on director ip link set lo up
# Addresses on both sides of 2^31 and in a circle that has no order; persistence with a mask in both families; flags of sh, mh and of
# another scheduler; one-packet; thresholds; every kind of tunnel.
on director ipvsadm -R <<T
-A -t $VIP:443 -s wlc -p 300 -M 255.255.255.0
-a -t $VIP:443 -r $RIP1:443 -g -w 10
-a -t $VIP:443 -r $RIP2:443 -i -w 65535
-A -t $VIP:80 -s sh -b sh-fallback,sh-port
-a -t $VIP:80 -r 10.0.0.1:8080 -m -x 1000 -y 800
-a -t $VIP:80 -r 100.64.0.1:8080 -m -w 0
-a -t $VIP:80 -r $RIP1:8080 -m
-a -t $VIP:80 -r $RIP2:8080 -m -x 2000000000
-A -t 10.0.0.1:80 -s mh -b mh-fallback
-A -t 100.64.0.1:80 -s wrr -b flag-1,flag-3
-A -t 9.9.9.9:0 -s nq -p
-A -t 192.0.2.1:21 -s lblc
-A -t 223.255.255.254:65535 -s fo
-A -u $VIP:53 -s rr -o
-a -u $VIP:53 -r $RIP1:53 -m
-A -u $VIP:5060 -s rr -p 60 --pe sip
-a -u $VIP:5060 -r $RIP1:5060 -m
-A --sctp-service $VIP:2905 -s wlc
-a --sctp-service $VIP:2905 -r $RIP1:2905 -m
-A -t $VIP:8000 -s wlc
-a -t $VIP:8000 -r 10.0.1.2 -i
-a -t $VIP:8000 -r 10.0.1.3 -i --tun-type gue --tun-port 6080 --tun-nocsum
-a -t $VIP:8000 -r 10.0.1.4 -i --tun-type gue --tun-port 6081 --tun-csum
-a -t $VIP:8000 -r 10.0.1.5 -i --tun-type gue --tun-port 65535 --tun-remcsum
-a -t $VIP:8000 -r 10.0.1.6 -i --tun-type gre --tun-nocsum
-a -t $VIP:8000 -r 10.0.1.7 -i --tun-type gre --tun-csum
-a -t $VIP:8000 -r [$RIP61]:8000 -i
-A -t [$VIP6]:80 -s mh -b mh-port -p 120 -M 64
-a -t [$VIP6]:80 -r [$RIP61]:80 -m -w 7
-a -t [$VIP6]:80 -r [fd00:ffff:ffff:ffff:ffff:ffff:ffff:1]:80 -m
-A -u [$VIP6]:53 -s sh -b sh-port -o
-A -f 5 -s rr
-a -f 5 -r $RIP1:0 -g
-A -f 5 -6 -s wlc -p 300 -M 48
-A -f 2000000000 -s rr
-a -f 2000000000 -r $RIP1:0 -m
T
expect_equal 'services' 16 "$(on director ipvsadm -S -n | grep -c '^-A')"
every_form 'one of everything'
for service in "-t $VIP:80" "-t [$VIP6]:80" "-u $VIP:53" "--sctp-service $VIP:2905" '-f 5' '-f 5 -6' "-t $VIP:8000 --tun-info" \
    "-t $VIP:80 --thresholds" "-t $VIP:443 --stats --exact"; do
    # shellcheck disable=SC2086
    same -Ln $service
done
same -Ln --tcp-service "$VIP:http"

# Names of hosts, which are cut where they are too long for their column.
printf '%s\n' "$VIP www.example.net www" "$RIP1 a-server-with-a-very-long-name.example.net" "$VIP6 www6.example.net" "$RIP61 web61" |
    director_knows
what='names of hosts'
for form in -L '-L --stats' '-L --tun-info' '-L --rate --exact' -S '-L -t www.example.net:https' '-L -f 5'; do
    # shellcheck disable=SC2086
    same $form
done
expect_contains "$what" 'TCP  www.example.net:http sh' "$(on director ipvsctl list)"
for refused in '-Lnc --stats' '-L --timeout --daemon' "-Lc -t $VIP:80" '-L --daemon --persistent-conn' '-Ln -u 192.0.2.99:53'; do
    # shellcheck disable=SC2086
    expect_not on director ipvsadm $refused
    # shellcheck disable=SC2086
    expect_not on director ipvsctl list $refused
done

# A mark above 2^31-1 is listed as with ipvsadm, and saved as what it is.
what='a large mark'
on director ipvsadm -A -f 4000000000 -s rr
same -Ln
expect_contains "$what" '-A -f 4000000000 -s rr' "$(on director ipvsctl save -n)"
on director ipvsadm -C

# With connections in several states, templates, and synchronisation daemons. What changes by the second is compared again.
start_founding_director
on director ipvsadm -A -u "$VIP:5353" -s rr -p 600 -M 255.255.255.0
on director ipvsadm -a -u "$VIP:5353" -r "$RIP1:5353" -m
on director ipvsadm -A -t "[$VIP6]:81" -s rr
on director ipvsadm -a -t "[$VIP6]:81" -r "[$RIP61]:80" -m
on director ipvsadm --set 1000 100 200
on director ipvsadm --start-daemon master --mcast-interface front --syncid 7
on director ipvsadm --start-daemon backup --mcast-interface back --syncid 8 --mcast-group ff02::81 --mcast-ttl 3
answers 7 >/dev/null
download_start open
# shellcheck disable=SC2016
on client perl -MIO::Socket::INET -e 'IO::Socket::INET->new(PeerAddr => $ARGV[0], Proto => "udp")->send("?") for 1 .. 2' "$VIP:5353"
answers 2 "[$VIP6]:81" >/dev/null
expect_contains 'the daemons' 'backup sync daemon (mcast=back' "$(on director ipvsadm -L --daemon)"
what='with connections'
for form in -Ln '-Ln --persistent-conn' '-Ln --stats' '-Ln --rate' -Lnc -Lc '-Lnc --persistent-conn' '-L --timeout' '-L --daemon' -Sn; do
    # shellcheck disable=SC2086
    settled() { [ "$(on director ipvsadm $form)" = "$(on director ipvsctl list $form)" ]; }
    # shellcheck disable=SC2086
    within 5 settled || same $form
done
expect_contains 'a name in a connection' 'www.example.net:http' "$(on director ipvsctl list -Lc)"
listed=$(on director ipvsctl list -Lnc)
for state in ESTABLISHED TIME_WAIT UDP NONE; do
    expect_contains 'states of connections' " $state " "$listed"
done
expect_contains 'an IPv6 connection' "[$VIP6]:81" "$listed"
