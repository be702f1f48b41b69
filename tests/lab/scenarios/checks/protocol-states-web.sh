# shellcheck shell=sh
# http, https (with virtual host and server name) and http_proxy checks of a ldirectord.cf find real nginx and tinyproxy up,
# wrong, hanging, refusing and gone; so do simpletcp, connect, ping, external commands, N, on, off and none.
# machines: no, the servers that it asks are not installed on the machines, and no kernel has a part in it

web_stop real1
eventually 10 web_stopped real1
serve_all real1 nginx "$RIP1"
serve_all real2 tinyproxy "$RIP2"
put director "$LAB_TMP/director/fetch" <<'C'
#!/bin/sh
# Called with address and port of the service and of the real server.
[ $# -eq 4 ] && exec curl -sS -f "http://$3:$4/test.html"
C
put director "$LAB_TMP/director/fetch.pl" <<'C'
die "4 arguments\n" if @ARGV != 4;
exec 'curl', '-sS', '-f', "http://$ARGV[2]:$ARGV[3]/test.html";
C
put director "$LAB_TMP/director/missing.pl" <<'C'
exec 'curl', '-sS', '-f', "http://$ARGV[2]:$ARGV[3]/missing";
C
put director "$LAB_TMP/director/missing" <<'C'
#!/bin/sh
exec curl -sS -f "http://$3:$4/missing"
C
on director chmod 755 "$LAB_TMP/director/fetch" "$LAB_TMP/director/missing"

asked http "$RIP1:80" 'status 200, body as expected' service=http 'request="test.html"' 'receive="^OK$"'
wrong 'body does not match KO' 'receive="KO"'
wrong 'status 503, expected 2xx' 'request="sick"'
asked http "$RIP1:80" 'status 200, body as expected' service=http 'request="moved"' 'receive="^OK$"'
asked http "$RIP1:80" 'status 200, body as expected' service=http 'request="whoami"' virtualhost=www.example.org \
    'receive="site www.example.org"'
wrong 'body does not match site www.example.org' virtualhost=www.example.net
asked https "$RIP1:443" 'status 200, body as expected' service=https 'request="whoami"' virtualhost=www.example.org \
    'receive="site www.example.org sni www.example.org"'
wrong 'body does not match sni other' 'receive="sni other"'
wrong 'TLS: certificate' verifycertificate=yes
wrong 'TLS: the answer is not TLS' checkport=80
asked http_proxy "$RIP2:3128" 'status 200, body as expected' service=http_proxy "request=\"http://$RIP3/test.html\"" 'receive="OK"'
wrong 'status 500, expected 2xx' "request=\"http://$RIP3:9/\""
wrong 'body does not match KO' 'receive="KO"'
asked simpletcp "$RIP1:80" 'OK' service=simpletcp 'request="GET /test.html HTTP/1.0\n\n"' 'receive="^OK$"'
wrong 'answer does not match KO' 'receive="KO"'

asked connect "$RIP1:80" 'connected' checktype=connect
otherwise hangs up 'connected'
asked ping "$RIP1:80" 'echo after' checktype=ping
otherwise hangs up 'echo after'
otherwise refused up 'echo after'
asked external "$RIP1:80" 'exit status 0' checktype=external "checkcommand=$LAB_TMP/director/fetch"
otherwise refused down 'exit status 7'
otherwise gone down "no answer within $STATES_LIMIT s|exit status 7"
wrong 'exit status 22' "checkcommand=$LAB_TMP/director/missing"
asked external-perl "$RIP1:80" 'exit status 0' checktype=external-perl "checkcommand=$LAB_TMP/director/fetch.pl"
otherwise refused down 'exit status 7'
otherwise gone down "no answer within $STATES_LIMIT s|exit status 7"
wrong 'exit status 22' "checkcommand=$LAB_TMP/director/missing.pl"
asked N "$RIP1:80" 'connected|status 200, body as expected' checktype=2 service=http 'request="test.html"' 'receive="^OK$"'
wrong 'body does not match KO' 'receive="KO"'
asked negotiate "$RIP1:80" 'status 200, body as expected' checktype=negotiate service=http 'request="test.html"' 'receive="^OK$"'
wrong 'body does not match KO' 'receive="KO"'
asked none "$RIP1:80" '' service=none
for state in hangs refused gone; do otherwise $state up ''; done
asked on "$RIP1:80" '' checktype=on
for state in hangs refused gone; do otherwise $state up ''; done
asked off "$RIP1:80" '' checktype=off
for state in up hangs refused gone; do otherwise $state down ''; done

every_state
