# shellcheck shell=sh
# `ipvsctl doctor` finds rules of nftables that drop what connection tracking calls invalid, however they are written, each once,
# and no other rules. While such a rule stands, clients of NAT really get no answer, and those of direct routing do; the fix of
# the finding ends that.
# needs: nftables

. "$LAB_DIRECTORY/doctor.sh"
doctor_up

# rule FAMILY RULE: the only rule of the director's firewall, for what it forwards.
rule() {
    on director nft -f - <<N
flush ruleset
table $1 guard { chain forward { type filter hook forward priority filter; $2; }; }
N
}

# findings: how many there are of that fault.
findings() { grep -c '^drops-invalid: ' "$LAB_TMP/doctor" || :; }

# finds_rule FAMILY RULE
finds_rule() {
    rule "$1" "$2"
    seen_on_director drops-invalid
    expect_equal "findings of '$2'" 1 "$(findings)"
    expect_contains "what was seen of '$2'" "$2" "$(cat "$LAB_TMP/doctor")"
}

# accepts_rule FAMILY RULE
accepts_rule() {
    rule "$1" "$2"
    seen_on_director ''
}

expect_equal 'who answers without rules' real1 "$(ask "$VIP")"
finds_rule ip 'ct state invalid reject'
finds_rule ip6 'ct state invalid drop'
finds_rule inet 'ct state vmap { invalid : drop, established : accept, related : accept }'
accepts_rule inet 'ct state established,related accept'
accepts_rule inet 'tcp dport 23 drop'
accepts_rule inet 'ct state invalid counter packets 0 bytes 0 accept'

# Of the programs that write iptables' rules into nftables.
on director nft flush ruleset
on director iptables-nft -A FORWARD -m conntrack --ctstate INVALID -j DROP
seen_on_director drops-invalid
expect_equal 'findings of a rule that iptables-nft wrote' 1 "$(findings)"

finds_rule inet 'ct state invalid drop'
expect_not ask "$VIP"
expect_equal 'who answers by direct routing' real2 "$(ask "$DIRECT_VIP")"
fixed director
seen_on_director ''
expect_equal 'who answers after the fix' real1 "$(ask "$VIP")"
