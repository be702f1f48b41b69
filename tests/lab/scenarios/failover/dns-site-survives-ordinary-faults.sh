# shellcheck shell=sh
# The name servers of examples/site-dns.yaml go through every ordinary fault and every operation, over UDP and TCP, IPv4 and IPv6. No
# query fails but those that a fault explains.
# machines: no, the servers that it uses are not installed on the machines
# limit: 600

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
SITE_REST=0
POLL=0.4
. "$LAB_DIRECTORY/site.sh"
direct_director
direct_director6
direct_real_server real1 "$DIRECT_RIP1"
direct_real_server6 real1 "$DIRECT_RIP61"
direct_real_server real2 "$DIRECT_RIP2"
direct_real_server6 real2 "$DIRECT_RIP62"
direct_real_server real3 "$DIRECT_RIP3"
direct_real_server6 real3 "$DIRECT_RIP63"
for host in real1 real2 real3; do
    # A host says "port unreachable" once a second at most, and a query to a server that has stopped would wait.
    sysctl_on $host net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
done
server() {
    case $1 in
    real1) serve real1 named "$DIRECT_RIP1 $DIRECT_VIP $DIRECT_RIP61 $DIRECT_VIP6" ;;
    real2) serve real2 named "$DIRECT_RIP2 $DIRECT_VIP $DIRECT_RIP62 $DIRECT_VIP6" ;;
    real3) serve real3 named "$DIRECT_RIP3 $DIRECT_VIP $DIRECT_RIP63 $DIRECT_VIP6" ;;
    esac
}
for host in real1 real2 real3; do server $host; done
for family in '' 6; do
    vip=$DIRECT_VIP
    [ -z "$family" ] || vip=$DIRECT_VIP6
    {
        echo '*mangle'
        for protocol in udp tcp; do echo "-A PREROUTING -p $protocol -d $vip --dport 53 -j MARK --set-mark 53"; done
        echo COMMIT
    } | on director "ip${family}tables-legacy-restore"
done
director_define <"$LAB_ROOT/examples/site-dns.yaml"
director_start
both_are() { [ "$(ctl status dns | grep -cF -- "  (dns)  $1, ")" -eq 2 ]; }
site_becomes both_are up
# stub: each query from a port of its own. resolver: all from one port, so that the kernel has to schedule each by itself.
site_used_by 4 stub dns "$DIRECT_VIP" 53 resolver dns-port "$DIRECT_VIP" 53 tcp dns-tcp "$DIRECT_VIP" 53 \
    stub6 dns "$DIRECT_VIP6" 53 resolver6 dns-port "$DIRECT_VIP6" 53 tcp6 dns-tcp "$DIRECT_VIP6" 53
all='stub resolver tcp stub6 resolver6 tcp6'

# One server fails. A query fails when the kernel has sent it there before ipvsd has seen two probes fail.
fault 'a name server that stops' server_dies real1 named
answered both_are DEGRADED
# shellcheck disable=SC2086 # one word each
only_failed $all
harmless 'its return' server real1
site_becomes both_are up
fault 'a name server that hangs' server_hangs real2 named
answered both_are DEGRADED
# shellcheck disable=SC2086
only_failed $all
harmless 'its return' server_resumes real2 named
site_becomes both_are up
fault 'a machine that is cut off' cut_off real1 front
answered both_are DEGRADED
# shellcheck disable=SC2086
only_failed $all
harmless 'its return' rejoins real1 front
site_becomes both_are up

# What operators do.
harmless 'a drain' quiesces "$DIRECT_RIP1" ctl drain --all-services "$DIRECT_RIP1" -m 'kernel upgrade'
harmless 'a drain over IPv6' quiesces "$DIRECT_RIP61" ctl drain --all-services "$DIRECT_RIP61" -m 'kernel upgrade'
harmless 'its end' ctl enable --all-services "$DIRECT_RIP1"
harmless 'its end over IPv6' ctl enable --all-services "$DIRECT_RIP61"
harmless 'maintenance' quiesces "$DIRECT_RIP2" ctl maintenance --all-services "$DIRECT_RIP2" -m 'new disk'
harmless 'its end' ctl enable --all-services "$DIRECT_RIP2"
harmless 'another weight' file_changes "s|- $DIRECT_RIP2\$|- {address: $DIRECT_RIP2, weight: 3}|"
harmless 'a broken file' broken_file
harmless 'a restart of ipvsd' restart
harmless 'a killed ipvsd' killed
site_becomes both_are up
# No query has a server until ipvsd has compared the table.
fault 'a cleared table' table_cleared
answered table_restored
# shellcheck disable=SC2086
only_failed $all
# A disabled server loses a query of this moment.
disabled() { for rip in "$DIRECT_RIP2" "$DIRECT_RIP62"; do ctl disable --all-services "$rip" -m smoke; done; }
enabled() { for rip in "$DIRECT_RIP2" "$DIRECT_RIP62"; do ctl enable --all-services "$rip"; done; }
fault 'a server that is disabled' disabled
answered both_are DEGRADED
only_failed stub=1 resolver=1 tcp=1 stub6=1 resolver6=1 tcp6=1
harmless 'its end' enabled
site_becomes both_are up
fault 'a director that starts again' boots :
answered both_are up
# shellcheck disable=SC2086
only_failed $all

# All servers fail.
stop_all() { server_dies real1 named; server_dies real2 named; }
start_all() { server real1; server real2; }
fault 'all name servers stop' stop_all
answered both_are 'ON FALLBACK'
# shellcheck disable=SC2086
only_failed $all
harmless 'their return' start_all
site_becomes both_are up
hang_all() { server_hangs real1 named; server_hangs real2 named; }
resume_all() { server_resumes real1 named; server_resumes real2 named; }
fault 'all name servers hang' hang_all
answered both_are 'ON FALLBACK'
# shellcheck disable=SC2086
only_failed $all
harmless 'their return' resume_all
site_becomes both_are up
site_ends
