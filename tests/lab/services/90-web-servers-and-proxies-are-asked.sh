# shellcheck shell=sh disable=SC2086
# http, https and http_proxy of real nginx and tinyproxy, with connect, ping, simpletcp and programs beside them.

web_stop real1
eventually 10 web_stopped real1
serve real1 nginx "$RIP1"
serve real2 tinyproxy "$RIP2"

page='--request /test.html --receive ^OK$'
whoami='--request /whoami --virtual-host www.example.org'
proxied="--request http://$RIP1/test.html --receive OK"

expect_up real1 nginx 'status 200, body as expected' http "$RIP1" $page
expect_probe good 'status 200, body as expected' https "$RIP1" $page
expect_probe good 'status 200, body as expected' https "$RIP1" $whoami --receive 'site www.example.org sni www.example.org'
expect_up real2 tinyproxy 'status 200, body as expected' http-proxy "$RIP2" $proxied
expect_probe good 'connected' connect "$RIP1:80"
expect_probe good 'echo after' ping "$RIP1"
expect_probe good 'echo after' ping "$RIP61"
request=$(printf 'GET /test.html HTTP/1.0\r\n\r\nx')
expect_probe good 'OK' simpletcp "$RIP1:80" --request "${request%x}" --receive '^OK$'
expect_probe good 'exit status 0' command "$RIP1" -- curl -sS -f "http://$RIP1/test.html"

expect_wrong 'status 503, expected 2xx' http "$RIP1" --request /sick
expect_wrong 'status 302, expected 2xx' http "$RIP1" --request /moved
expect_probe good 'status 200, body as expected' http "$RIP1" --request /moved --follow 7 --receive OK
expect_wrong 'body lacks KO' https "$RIP1" --request /test.html --receive KO
expect_wrong 'TLS: certificate' https "$RIP1" $whoami --verify
expect_wrong 'TLS: the answer is not TLS' https "$RIP1:80"
expect_wrong 'status 500, expected 2xx' http-proxy "$RIP2" --request "http://$RIP3:9/"
expect_wrong 'answer lacks KO' simpletcp "$RIP1:80" --request "${request%x}" --receive KO
expect_wrong 'exit status 22' command "$RIP1" -- curl -sS -f "http://$RIP1/missing"

server_hangs real1 nginx
server_hangs real2 tinyproxy
expect_hang http "$RIP1" $page
expect_hang https "$RIP1" $page
expect_hang http-proxy "$RIP2" $proxied
expect_hang simpletcp "$RIP1:80" --request "${request%x}"
expect_hang command "$RIP1" -- curl -sS -f "http://$RIP1/test.html"
expect_probe good 'connected' connect "$RIP1:80"

server_dies real1 nginx
server_dies real2 tinyproxy
expect_gone http "$RIP1" $page
expect_gone https "$RIP1" $page
expect_gone http-proxy "$RIP2" $proxied
expect_gone simpletcp "$RIP1:80"
expect_gone connect "$RIP1:80"
expect_wrong 'exit status 7' command "$RIP1" -- curl -sS -f "http://$RIP1/test.html"
on real1 ip link set back down
expect_probe failed 'no answer within 1 s' ping "$RIP1" --timeout 1
