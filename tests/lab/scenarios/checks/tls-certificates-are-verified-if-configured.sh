# shellcheck shell=sh
# Over TLS, checks of every protocol send the site's name and accept any certificate. With `verifycertificate=yes` they verify
# the authority, and that the certificate is for the site or for the server's address.
# machines: no, the TLS library that its servers need is not installed on the machines, and no kernel has a part in it

certificates_make
for host in real1 real3; do responder_start $host https imaps pops ldaps; done
site_at() {
    cat <<V

virtual=$VIP:$1
    real=$RIP1:443 masq
    real=$RIP3:443 masq
    service=https
    request="names.html"
    receive="^site $2 tls $2\$"
    virtualhost=$2
    $3
V
}
kind_at() {
    cat <<V

virtual=$VIP:$1
    real=$RIP1:$2 masq
    real=$RIP3:$2 masq
    service=$3
    request="dc=lab"
    login="$5"
    passwd="pass-word"
    $4
V
}
director_define <<D
checkinterval=1
checktimeout=15
negotiatetimeout=15
$(site_at 4431 shop.lab '')
$(site_at 4432 www.lab verifycertificate=yes)
$(site_at 4433 shop.lab verifycertificate=yes)
$(kind_at 9931 993 imaps '' probe)
$(kind_at 9932 993 imaps verifycertificate=yes probe)
$(kind_at 9951 995 pops '' probe)
$(kind_at 9952 995 pops verifycertificate=yes probe)
$(kind_at 6361 636 ldaps '' cn=probe,dc=lab)
$(kind_at 6362 636 ldaps verifycertificate=yes cn=probe,dc=lab)
D
services() { for port in 4431 4432 4433 9931 9932 9951 9952 6361 6362; do echo "-A -t $VIP:$port -s wrr"; done; }
up() { echo "-a -t $VIP:$1 -r $2 -m -w 1"; }
unverified() {
    for rip in "$RIP1" "$RIP3"; do
        up 4431 "$rip:443"
        up 9931 "$rip:993"
        up 9951 "$rip:995"
        up 6361 "$rip:636"
    done
}

# The lab's authority is one that this director's system trusts. The certificate is for www.lab and the address of real1.
export SSL_CERT_FILE="$LAB_TMP/tls/ca.pem"
director_start
eventually_table 20 <<T
$(services)
$(unverified)
$(up 4432 "$RIP1:443")
$(up 4432 "$RIP3:443")
$(up 9932 "$RIP1:993")
$(up 9952 "$RIP1:995")
$(up 6362 "$RIP1:636")
T
found=$(on director ipvsctl check "$DEFINITIONS" 2>&1) || fail "the file is refused: $found"
expect_contains 'the findings' 'the certificate of the https servers is not verified' "$found"
director_stop

# Nobody knows the authority.
unset SSL_CERT_FILE
director_start
{ services; unverified; } | eventually_table 20
{ services; unverified; } | throughout_table 2
