# shellcheck shell=sh
# The lab itself works: a table made by ipvsadm balances over real web servers, in both address families.

expect_equal 'who answers at the fallback address' fallback "$(on director curl -sS "http://$FALLBACK/whoami")"
expect_equal 'who answers at RIP3' real3 "$(on director curl -sS "http://$RIP3/whoami")"
expect_equal 'the test page' OK "$(on director curl -sS "http://$RIP1/test.html")"

on director ipvsadm -R <<T
-A -t $VIP:80 -s rr
-a -t $VIP:80 -r $RIP1:80 -m
-a -t $VIP:80 -r $RIP2:80 -m
-A -t [$VIP6]:80 -s rr
-a -t [$VIP6]:80 -r [$RIP61]:80 -m
-a -t [$VIP6]:80 -r [$RIP62]:80 -m
T
expect_equal 'answers over IPv4' "$(printf '3 real1\n3 real2')" "$(tally 6)"
expect_equal 'answers over IPv6' "$(printf '3 real1\n3 real2')" "$(tally 6 "[$VIP6]")"

expect_refused() { ! ask >/dev/null 2>&1; }
download_start open
web_quit real1
web_quit real2
eventually 5 expect_refused
expect_download_goes_on open
