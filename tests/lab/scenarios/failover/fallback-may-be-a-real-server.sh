# shellcheck shell=sh
# A fallback that is one of the service's real servers stays in the table while it is up, and serves with weight 1 when no
# server is up.

director_define <<D
checkinterval=1
checktimeout=3

virtual=$VIP:80
    real=$RIP1:80 masq 5
    real=$RIP2:80 masq 5
    fallback=$RIP1:80 masq
    request="test.html"
    receive="OK"
D
both=$(service wrr; server "$RIP1" 5; server "$RIP2" 5)
director_start
echo "$both" | eventually_table 5
web_sick real1
eventually_table 5 <<T
$(service wrr)
$(server "$RIP2" 5)
T
web_sick real2
eventually_table 5 <<T
$(service wrr)
$(server "$RIP1" 1)
T
expect_equal 'who answers' '3 real1' "$(tally 3)"
web_healthy real1
web_healthy real2
echo "$both" | eventually_table 5
echo "$both" | throughout_table 2
