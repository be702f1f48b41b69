# shellcheck shell=sh
# Against nginx that demands a header, a body, a login, a token, the PROXY protocol or a source address, a server is up with a check
# that sends it and down with one that does not. Secrets come from files and the environment; a changed file is read again.
# machines: no, the perl modules that make certificates are not installed on the machines, and no kernel has a part in it

SOURCE=192.168.6.20
yaml=$LAB_TMP/director/requests.yaml
nginx=$LAB_TMP/real1/requests
certificates_make
on director ip address add "$SOURCE/24" dev back
put real1 "$nginx/users" <<'U'
probe:{PLAIN}kanarienvogel
U
put real1 "$nginx/nginx.conf" <<N
user root;
pid $nginx/nginx.pid;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $nginx/body;
    proxy_temp_path $nginx/proxy;
    fastcgi_temp_path $nginx/fastcgi;
    uwsgi_temp_path $nginx/uwsgi;
    scgi_temp_path $nginx/scgi;
    ssl_certificate $LAB_TMP/tls/server.pem;
    ssl_certificate_key $LAB_TMP/tls/server.key;
    server {
        listen 8101;
        if (\$http_x_tenant != probe) { return 403; }
        location / { return 200; }
    }
    server {
        listen 8102;
        if (\$request_method != POST) { return 405; }
        location / { proxy_set_header X-Body "\$content_type \$request_body"; proxy_pass http://127.0.0.1:8112; }
    }
    server {
        listen 127.0.0.1:8112;
        if (\$http_x_body != 'text/plain how are you?') { return 400; }
        location / { return 200; }
    }
    server {
        listen 8103;
        location / { auth_basic lab; auth_basic_user_file $nginx/users; empty_gif; }
    }
    server {
        listen 8104;
        if (\$http_authorization != 'Bearer token-of-the-lab') { return 401; }
        location / { return 200; }
    }
    server { listen 8105 proxy_protocol; listen 8106 ssl proxy_protocol; location / { return 200; } }
    server { listen 8107; location / { allow $SOURCE; deny all; empty_gif; } }
}
N
on real1 nginx -e "$nginx/error.log" -c "$nginx/nginx.conf"

# Each service twice: with what the server demands at its port, and without at the port above by 100.
service_at() {
    cat <<S
  - listen: tcp://$VIP:$1
    check: {$3}
    real_servers: [{address: "$RIP1:$2"${4:-}}]
S
}
define() {
    put director "$yaml" <<D
director: {reload_on_change: true}
defaults:
  service: {scheduler: rr, forwarding: nat, on_failure: remove}
  check: {every: 1s, timeout: 5s, fall: 1}
services:
$(service_at 8101 8101 'http: {headers: {X-Tenant: probe}}')
$(service_at 8201 8101 'http: {headers: {X-Tenant: other}}')
$(service_at 8102 8102 'http: {headers: {Content-Type: text/plain}, body: "how are you?"}')
$(service_at 8202 8102 'http: {headers: {Content-Type: text/plain}, body: "how are you"}')
$(service_at 8103 8103 'http: {login: probe, password: {env: LAB_PASSWORD}}')
$(service_at 8203 8103 'http: {login: other, password: {env: LAB_PASSWORD}}')
$(service_at 8104 8104 'http: {bearer: {file: token}}')
$(service_at 8204 8104 'http: {bearer: token-of-another-lab}')
$(service_at 8105 8105 'http: {}, proxy_header: v1')
$(service_at 8205 8105 'http: {}')
$(service_at 8106 8106 'https: {}, proxy_header: v2')
$(service_at 8206 8106 'https: {}')
$(service_at 8107 8107 "http: {}, source: $SOURCE")
$(service_at 8207 8107 'http: {}')
$(service_at 8108 9 'tcp: {}, port: 8101' ", check_address: $RIP1")
$(service_at 8208 9 'tcp: {}, port: 8101' ", check_address: $RIP3")
D
}
echo token-of-the-lab | put director "$LAB_TMP/director/token"
on director chmod 600 "$LAB_TMP/director/token"
define
spawn director daemon env LAB_PASSWORD=kanarienvogel ipvsd --config "$yaml"
director_ready

services() {
    for port in 8101 8102 8103 8104 8105 8106 8107 8108; do
        printf '%s\n' "-A -t $VIP:$port -s rr" "-A -t $VIP:$((port + 100)) -s rr"
    done
}
# up PORT...: the table, with the servers of these ports.
up() {
    services
    for port in "$@"; do
        case $port in 8108) echo "-a -t $VIP:$port -r $RIP1:9 -m -w 1" ;; *) echo "-a -t $VIP:$port -r $RIP1:$port -m -w 1" ;; esac
    done
}
up 8101 8102 8103 8104 8105 8106 8107 8108 | eventually_table 15

# Those without are down by what the server answered, and not by a local error.
status=$(on director ipvsctl status --wide)
for reason in 'status 403, expected 2xx' 'status 400, expected 2xx' 'status 401, expected 2xx' 'connection refused'; do
    expect_contains 'the status' "$reason" "$status"
done
case $status in *'local error'*) fail "a local error: $status" ;; esac
for secret in kanarienvogel token-of; do
    case $status$(director_log) in *$secret*) fail "$secret is shown" ;; esac
done

# A changed token is read by itself; the server demands the former one.
echo token-of-yesterday | put director "$LAB_TMP/director/token"
up 8101 8102 8103 8105 8106 8107 8108 | eventually_table 15
echo token-of-the-lab | put director "$LAB_TMP/director/token"
up 8101 8102 8103 8104 8105 8106 8107 8108 | eventually_table 15

# Without the source address this host cannot probe, which says nothing about the server.
on director ip address del "$SOURCE/24" dev back
cannot() { on director ipvsctl status --wide | grep -q "does not have the source address $SOURCE"; }
eventually 10 cannot
up 8101 8102 8103 8104 8105 8106 8107 8108 | throughout_table 1
