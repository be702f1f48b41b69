# shellcheck shell=sh
# Weights 4, 2 and 1 give exactly 40, 20 and 10 of 70 connections.

director_define <<D
$(fast_definitions | sed "
    s/real=$RIP1:80 masq/& 4/
    s/real=$RIP2:80 masq/& 2/
    /real=$RIP2/a\\        real=$RIP3:80 masq 1
    s/scheduler=rr/scheduler=wrr/")
D
director_start
eventually_table 5 <<T
$(service wrr)
$(server "$RIP1" 4)
$(server "$RIP2" 2)
$(server "$RIP3" 1)
T
expect_equal 'who answers 70 requests' "$(printf '40 real1\n20 real2\n10 real3')" "$(tally 70)"
