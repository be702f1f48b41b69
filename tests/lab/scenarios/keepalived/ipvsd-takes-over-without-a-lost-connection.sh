# shellcheck shell=sh
# A running keepalived is replaced: its processes are killed, so that its table stays, and ipvsd begins with the same keepalived.conf. The
# table does not change, no request fails, and a download goes on to its end. The file that `ipvsctl convert` gives changes
# no connection either.

. "$LAB_DIRECTORY/keepalived.sh"
put director "$KEEPALIVED_CONF" <<C
global_defs {
    router_id lab
}
vrrp_instance VI_1 {
    state BACKUP
    interface front
    virtual_router_id 51
    virtual_ipaddress {
        $VIP
    }
}
virtual_server $VIP 80 {
    delay_loop 1
    lb_algo rr
    lb_kind NAT
    protocol TCP
    nat_mask 255.255.255.0
    real_server $RIP1 80 {
        HTTP_GET {
            url {
                path /test.html
                status_code 200
            }
        }
    }
    real_server $RIP2 80 {
        HTTP_GET {
            url {
                path /test.html
                status_code 200
            }
        }
    }
    real_server $RIP3 81 {
        TCP_CHECK {
            connect_timeout 1
        }
    }
}
C
both=$(founding_table)

# The third server is down, as keepalived has found out.
keepalived_start
eventually 20 table_is "$both"
download_start held
requests_begin users

said=$(on director ipvsctl check "$KEEPALIVED_CONF" 2>&1)
expect_contains 'the check' 'warning: keepalived knows no nat_mask in virtual_server and ignores it' "$said"
expect_contains 'the check' 'vrrp_instance stays with keepalived' "$said"
expect_not on director ipvsctl check --strict "$KEEPALIVED_CONF" >/dev/null 2>&1

keepalived_kill
expect_equal 'the table that keepalived left' "$both" "$(table)"
ipvsd_start
echo "$both" | throughout_table 3
expect_contains 'the state of the third server' "$RIP3:81" "$(director_status)"

# The same as YAML.
on director ipvsctl convert "$KEEPALIVED_CONF" >"$LAB_TMP/converted.yaml"
expect grep -q '^# Line .*: vrrp_instance stays with keepalived$' "$LAB_TMP/converted.yaml"
put director "$LAB_TMP/director/converted.yaml" <"$LAB_TMP/converted.yaml"
expect_contains 'the plan for the converted file' '; no effect on connections' "$(on director ipvsctl plan "$LAB_TMP/director/converted.yaml" 2>/dev/null)"

requests_end users

# It works from then on.
web_stop real1
eventually_table 10 <<T
$(service)
$(server "$RIP2")
T
web_start real1
echo "$both" | eventually_table 10
expect_download_goes_on held
expect_download_completes held
