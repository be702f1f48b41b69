# shellcheck shell=sh
# ftp, nntp, ldap, ldaps, dns, radius and sip checks of a ldirectord.cf find real vsftpd, leafnode, slapd, bind9, freeradius and
# kamailio up, wrong, hanging, refusing and gone.
# machines: no, the servers that it asks are not installed on the machines, and no kernel has a part in it

serve_all real1 vsftpd "$RIP1"
serve_all real1 named "$RIP1"
serve_all real1 kamailio "$RIP1"
serve_all real2 leafnode "$RIP2"
serve_all real2 slapd "$RIP2"
serve_all real2 freeradius "$RIP2"

asked ftp "$RIP1:21" '12 bytes of /test.txt transferred' service=ftp 'request="test.txt"' 'receive="OK"'
wrong 'answer to RETR "550' 'request="missing.txt"'
wrong 'answer does not match KO' 'receive="KO"'
wrong 'answer to USER "530' 'login="somebody"' 'passwd="else"'
asked nntp "$RIP2:119" '200 Leafnode' service=nntp
wrong 'greeting "503' checkport=1119
entry='request="dc=example,dc=org"'
manager='login="cn=manager,dc=example,dc=org"'
refusals() {
    wrong 'search refused: noSuchObject' 'request="dc=nowhere"'
    wrong 'answer does not match dc=other' 'receive="dc=other"'
    wrong 'bind refused: invalidCredentials' "$manager" 'passwd="wrong"'
}
asked ldap "$RIP2:389" 'dc=example,dc=org' service=ldap "$entry" 'receive="dc=example"'
refusals
asked ldap "$RIP2:389" 'dc=example,dc=org' service=ldap "$entry" 'receive="dc=example"' "$manager" 'passwd="correct"'
asked ldaps "$RIP2:636" 'dc=example,dc=org' service=ldaps "$entry" 'receive="dc=example"'
refusals
wrong 'TLS: certificate' verifycertificate=yes
asked ldaps "$RIP2:636" 'dc=example,dc=org' service=ldaps "$entry" 'receive="dc=example"' "$manager" 'passwd="correct"'
for protocol in udp tcp; do
    asked dns "$RIP1:53" 'A 192.0.2.7' service=dns protocol=$protocol 'request="www.example.org"' 'receive="^192\.0\.2\.7$"'
    wrong 'answer does not match ^198' 'receive="^198"'
    wrong 'answered "Non-Existent Domain"' 'request="no.example.org"'
    wrong 'answered "Query Refused"' 'request="www.other.org"'
done
asked dns "$RIP1:53" 'AAAA 2001:db8::6' service=dns protocol=udp 'request="six.example.org"'
asked dns "$RIP1:53" 'PTR www.example.org.' service=dns protocol=udp 'request="192.0.2.7"' 'receive="example\.org"'
asked radius "$RIP2:1812" 'Access-Accept' service=radius protocol=udp 'login="probe"' 'passwd="correct"' 'secret="correct"'
wrong 'answer "Access-Reject", expected Access-Accept' 'passwd="wrong"'
wrong "no answer within $STATES_LIMIT s" 'secret="wrong"'
for protocol in udp tcp; do
    asked sip "$RIP1:5060" 'SIP/2.0 200 OK' service=sip protocol=$protocol 'login="probe@example.org"'
    wrong 'answer to OPTIONS "SIP/2.0 404' 'login="nobody@example.org"'
done

every_state
