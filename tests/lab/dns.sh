# shellcheck shell=sh
# A name server (Debian's bind9) on real3, which the director asks for host names after its file of hosts.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$LAB_TMP/director/names.yaml
printf 'nameserver %s\noptions timeout:1 attempts:1\n' "$RIP3" >"$LAB_TMP/resolv.conf"
mount --bind "$LAB_TMP/resolv.conf" /etc/resolv.conf
printf 'hosts: files dns\n' >"$LAB_TMP/nsswitch.conf"
mount --bind "$LAB_TMP/nsswitch.conf" /etc/nsswitch.conf
DNS_ZONE=$LAB_TMP/real3/servers/named

# records LINE...: what the zone example.org holds in addition when the name server starts.
records() {
    mkdir -p "$DNS_ZONE"
    printf '%s\n' "$@" >"$DNS_ZONE/records"
}

# named_knows NAME ADDRESS: the director gets that address for the name.
named_knows() {
    on director getent ahostsv4 "$1" | grep -q "^$2 "
}
