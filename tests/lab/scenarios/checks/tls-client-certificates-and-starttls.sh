# shellcheck shell=sh
# Checks show a client certificate to a server that requires one, by HTTP/1.1 and HTTP/2, and change to TLS by STARTTLS with postfix,
# dovecot and slapd. They verify with the authorities of a file, and a change of that file is a change of the configuration.
# machines: no, the servers that it probes are not installed on the machines, and no kernel has a part in it

web_stop real1
eventually 10 web_stopped real1
serve real1 nginx "$RIP1"
serve real1 postfix "$RIP1"
serve real2 dovecot "$RIP2"
serve real2 slapd "$RIP2"
web=$LAB_TMP/real1/servers/nginx
own="--certificate $web/certificate.pem --key $web/key.pem"
login='--login probe --password correct'

expect_up real1 nginx 'status 200' https "$RIP1" -r /test.html
# shellcheck disable=SC2086
{
    expect_probe passed 'status 200, body as expected' https "$RIP1:8443" -r /whoami -e '^HTTP/1.1 client SUCCESS' $own
    expect_probe passed 'status 200, body as expected' https "$RIP1:8443" -r /whoami -e '^HTTP/2.0 client SUCCESS' $own --http2
    expect_probe passed 'status 200, body as expected' https "$RIP1:8443" -r /whoami -e '^HTTP/2.0' $own --alpn h2,http/1.1
    expect_probe failed 'status 400' https "$RIP1:8443" --http2
    expect_probe failed 'TLS: refused by the server (no application protocol)' https "$RIP1" --http2
    expect_up real1 postfix '220 mail.example.org' smtp "$RIP1" --starttls --ca "$LAB_TMP/real1/servers/postfix/certificate.pem" \
        --server-name mail.example.org
    expect_probe failed 'TLS: certificate is not from a trusted' submission "$RIP1" --starttls --ca "$web/certificate.pem"
    expect_up real2 dovecot 'logged in as probe' imap "$RIP2" $login --starttls
    expect_probe passed 'logged in as probe' pop "$RIP2" $login --starttls
    expect_up real2 slapd 'dc=example,dc=org' ldap "$RIP2" -r dc=example,dc=org --starttls
    expect_probe failed 'TLS: certificate' ldap "$RIP2" --starttls --verify
}

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
put director "$LAB_TMP/director/ca.pem" <"$LAB_TMP/real2/servers/dovecot/certificate.pem"
put director "$LAB_TMP/director/key.pem" <"$web/key.pem"
on director chmod 600 "$LAB_TMP/director/key.pem"
director_define <<Y
director: {reload_on_change: true}
services:
  - listen: tcp://$VIP:80
    scheduler: wrr
    forwarding: nat
    check:
      https: {path: /whoami, host: www.example.org, ca: $LAB_TMP/director/ca.pem, certificate: $web/certificate.pem,
              key: $LAB_TMP/director/key.pem, version: 2, expect: {body: client SUCCESS}}
      port: 8443
      every: 500ms
      timeout: 5s
      fall: 1
    real_servers: ["$RIP1:80"]
Y
director_start
eventually_log 10 'TLS: certificate is not from a trusted authority'
# The daemon shows the text of no file.
status=$(on director ipvsctl status --json)
case $status in *PRIVATE*) fail "the status has a key: $status" ;; esac
put director "$LAB_TMP/director/ca.pem" <"$web/certificate.pem"
{ service wrr; server "$RIP1" 1; } | eventually_table 20
