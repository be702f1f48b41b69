# shellcheck shell=sh
# A good reload brings the new table, and servers that stay keep their connections.

start_founding_director
download_start first
download_start second
director_define <<D
$(fast_definitions | sed "
    /real=$RIP2/a\\        real=$RIP3:80 masq
    s/scheduler=rr/scheduler=wrr/")
D
director_reload
eventually_table 5 <<T
$(service wrr)
$(server "$RIP1")
$(server "$RIP2")
$(server "$RIP3")
T
expect_download_completes first
expect_download_completes second
