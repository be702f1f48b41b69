# shellcheck shell=sh
# Address ranges hold every address between their ends, names may have an underscore, and a file may end with its last service.
# A warning shows what an address means that can be misread.

printf '127.0.0.1 localhost\n%s web_one\n' "$RIP1" | director_knows
director_define <<D
virtual=$VIP:80
    real=59.154.201.254->59.154.202.1:80 masq
    real=web_one:80 masq 3
    checktype=on

virtual=192.168.1.1
    real=10.0.1.1::5060 gate
    checktype=on

virtual=$VIP:81
D
printf '%s' "$(on director cat "$DEFINITIONS")" | put director "$DEFINITIONS"
director_start
eventually_table 10 <<T
-A -t $VIP:80 -s wrr
-a -t $VIP:80 -r 59.154.201.254:80 -m -w 1
-a -t $VIP:80 -r 59.154.201.255:80 -m -w 1
-a -t $VIP:80 -r 59.154.202.0:80 -m -w 1
-a -t $VIP:80 -r 59.154.202.1:80 -m -w 1
-a -t $VIP:80 -r $RIP1:80 -m -w 3
-A -f 192 -s wrr
-a -f 192 -r 0.0.19.196:0 -g -w 1
-A -t $VIP:81 -s wrr
T
found=$(on director ipvsctl check "$DEFINITIONS" 2>&1) || fail "the file is refused: $found"
expect_contains 'the findings' 'firewall mark 192' "$found"
expect_contains 'the findings' '0.0.19.196' "$found"
expect_not on director ipvsctl check --strict "$DEFINITIONS" >/dev/null 2>&1
