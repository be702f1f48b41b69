# shellcheck shell=sh
# `request` and `receive` behind a real server apply to that server, with a leading slash too; those of the service apply to all
# others.

director_define <<D
checkinterval=1
checktimeout=3

virtual=$VIP:80
    real=$RIP1:80 masq 5 "/whoami", "real1"
    real=$RIP2:80 masq 5 "/whoami", "real1"
    real=$RIP3:80 masq 5
    request="/test.html"
    receive="OK"
D
director_start
eventually_table 5 <<T
$(service wrr)
$(server "$RIP1" 5)
$(server "$RIP3" 5)
T
web_sick real1
web_sick real3
eventually_table 5 <<T
$(service wrr)
$(server "$RIP1" 5)
T
