# shellcheck shell=sh
# A service publishes its state as a number in a file that keepalived and others read. The number follows failures and returns, a
# restart keeps it, and the file is never missing or empty.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
FILE=$LAB_TMP/director/published/web
director_define <<D
director: {freeze: off}
services:
  - listen: tcp://$VIP:80
    forwarding: nat
    publish: {file: $FILE, down: -70}
    check: {http: {path: /test.html, expect: {body: OK}}, every: 500ms, timeout: 2s, fall: 1}
    real_servers: ["$RIP1:80", "$RIP2:80"]
D
number() { on director cat "$FILE"; }
is_number() { [ "$(number)" = "$1" ]; }
director_start
eventually 20 is_number 0

# Somebody reads all the time, and notes what is no number.
# shellcheck disable=SC2016 # sh expands
spawn director reader sh -c 'while :; do read -r number <"$1" && case $number in (0|-10|-70) ;; (*) echo "read: $number" ;; esac || echo "read nothing"; sleep 0.02; done' reader "$FILE"

web_sick real1
eventually 10 is_number -10
web_sick real2
eventually 10 is_number -70
director_kill
director_start
# What is not known yet changes nothing.
expect_equal 'the number after a restart' -70 "$(number)"
web_healthy real1
eventually 10 is_number -10
web_healthy real2
eventually 10 is_number 0
director_stop
expect_equal 'the number after a stop' 0 "$(number)"
expect_equal 'what the reader found' '' "$(log_of director reader)"
