# shellcheck shell=sh
# The lab's web servers (Debian's nginx on the real servers) and the client's requests to them.
#
# Pages: /test.html says OK while the server is healthy; /whoami gives its name; /download is 1 MiB at
# ?rate= bytes a second. A connection serves one request, so requests and connections count the same.

web_root() {
    echo "$LAB_TMP/$1/web"
}

# The nginx configuration of one host, from the lines of WEB_SERVERS.
web_configuration() {
    cat <<N
user root;
worker_processes 1;
pid $(web_root "$1")/nginx.pid;
error_log $(web_root "$1")/error.log notice;
events { worker_connections 512; }
http {
    access_log $(web_root "$1")/access.log;
    keepalive_timeout 0;
    default_type text/plain;
    client_body_temp_path $(web_root "$1")/body;
    proxy_temp_path $(web_root "$1")/proxy;
    fastcgi_temp_path $(web_root "$1")/fastcgi;
    uwsgi_temp_path $(web_root "$1")/uwsgi;
    scgi_temp_path $(web_root "$1")/scgi;
N
    echo "$WEB_SERVERS" | while read -r host name addresses; do
        [ "$host" = "$1" ] || continue
        echo '    server {'
        if [ -z "$addresses" ]; then
            echo '        listen 80; listen [::]:80;'
        else
            for address in $addresses; do echo "        listen $address:80;"; done
        fi
        cat <<N
        server_name $name;
        root $(web_root "$1")/pages;
        location = /whoami { return 200 "$name\\n"; }
        location = /download { limit_rate \$arg_rate; }
    }
N
    done
    echo '}'
}

# web_up: puts configuration and pages on every web server and starts it.
web_up() {
    web_hosts=$(echo "$WEB_SERVERS" | sed -n 's/ .*//p' | sort -u)
    for web_host in $web_hosts; do
        web_configuration "$web_host" | put "$web_host" "$(web_root "$web_host")/nginx.conf"
        # shellcheck disable=SC2016
        on "$web_host" sh -c 'mkdir -p "$1/pages"; echo OK >"$1/pages/test.html"
            dd if=/dev/zero of="$1/pages/download" bs=64k count=16 2>/dev/null' web_up "$(web_root "$web_host")"
        web_start "$web_host"
    done
}

web_start() {
    on "$1" nginx -e "$(web_root "$1")/error.log" -c "$(web_root "$1")/nginx.conf"
}

# web_stop HOST: the web server ends at once, with its connections.
web_stop() {
    on "$1" nginx -e "$(web_root "$1")/error.log" -c "$(web_root "$1")/nginx.conf" -s stop
}

# web_quit HOST: it accepts no more connections (refused) and finishes those that are open.
web_quit() {
    on "$1" nginx -e "$(web_root "$1")/error.log" -c "$(web_root "$1")/nginx.conf" -s quit
}

# web_sick HOST [TEXT]: the server answers, but its test page does not say OK.
web_sick() {
    echo "${2:-maintenance}" | put "$1" "$(web_root "$1")/pages/test.html"
}

web_healthy() {
    echo OK | put "$1" "$(web_root "$1")/pages/test.html"
}

web_stopped() {
    # shellcheck disable=SC2016
    on "$1" sh -c '! [ -e "$1" ]' web_stopped "$(web_root "$1")/nginx.pid"
}

# --- The client -------------------------------------------------------------------------------------

# ask [ADDRESS [PATH]]: one request from the client; prints the answer.
ask() {
    on client curl -sS -f -m 5 "http://${1:-$VIP}/${2:-whoami}"
}

# answers COUNT [ADDRESS]: that many requests, one connection each; prints who answered, in order.
answers() {
    on client curl -sS -f -m 5 "http://${2:-$VIP}/whoami?[1-$1]"
}

# tally COUNT [ADDRESS]: the same, counted: "10 real1" lines, by name.
tally() {
    answers "$@" | sort | uniq -c | sed 's/^ *//'
}

# download_start NAME [ADDRESS [BYTES-PER-SECOND]]: fetches 1 MiB slowly from the client in the background.
download_start() {
    spawn client "$1" curl -sS -f -m 120 -o "$LAB_TMP/client/$1.data" "http://${2:-$VIP}/download?rate=${3:-100000}"
    eventually 5 download_moves "$1"
}

download_size() {
    on client stat -c %s "$LAB_TMP/client/$1.data" 2>/dev/null || echo 0
}

download_moves() {
    [ "$(download_size "$1")" -gt "${2:-0}" ]
}

# expect_download_goes_on NAME: more bytes arrive than have arrived now.
expect_download_goes_on() {
    size=$(download_size "$1")
    eventually 5 download_moves "$1" "$size"
}

# expect_download_completes NAME SECONDS
expect_download_completes() {
    eventually "$2" ended client "$1"
    expect_equal "bytes of download $1 ($(log_of client "$1"))" 1048576 "$(download_size "$1")"
}
