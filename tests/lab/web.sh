# shellcheck shell=sh
# The lab's web servers (Debian's nginx on the real servers) and the client's requests to them.
#
# Pages: /test.html says OK while the server is healthy; /whoami gives its name; /download is 64 MiB, more
# than all buffers on the way hold, so that a client which does not read keeps the connection open. A
# connection serves one request, so requests and connections count the same.

DOWNLOAD_SIZE=67108864
DOWNLOAD_STEP=8388608
WEB_PORTS=80

web_root() {
    echo "$LAB_TMP/$1/web"
}

# The nginx configuration of one host, from the lines of WEB_SERVERS. Every scenario makes three, so it starts no process.
web_configuration() {
    web_directory=$LAB_TMP/$1/web
    printf '%s\n' "user root;
worker_processes 1;
pid $web_directory/nginx.pid;
error_log $web_directory/error.log notice;
events { worker_connections 512; }
http {
    log_format lab '\$msec \$uri';
    access_log $web_directory/access.log lab;
    keepalive_timeout 0;
    send_timeout 600;
    default_type text/plain;
    client_body_temp_path $web_directory/body;
    proxy_temp_path $web_directory/proxy;
    fastcgi_temp_path $web_directory/fastcgi;
    uwsgi_temp_path $web_directory/uwsgi;
    scgi_temp_path $web_directory/scgi;"
    case $WEB_PORTS in *s*) printf '    ssl_certificate %s/certificate.pem;\n    ssl_certificate_key %s/key.pem;\n' "$web_directory" "$web_directory" ;; esac
    while read -r web_server_host name addresses; do
        [ "$web_server_host" = "$1" ] || continue
        echo '    server {'
        if [ -z "$addresses" ]; then
            for port in $WEB_PORTS; do
                case $port in
                *s) echo "        listen ${port%s} ssl; listen [::]:${port%s} ssl;" ;;
                *) echo "        listen $port; listen [::]:$port;" ;;
                esac
            done
        else
            for address in $addresses; do echo "        listen $address:80;"; done
        fi
        printf '%s\n' "        server_name $name;
        root $web_directory/pages;
        location = /whoami { return 200 \"$name\\n\"; }
        location = /where { return 200 \"$name \$server_addr\\n\"; }
    }"
    done <<S
$WEB_SERVERS
S
    echo '}'
}

# web_up: puts configuration and pages on every web server and starts it.
web_up() {
    web_hosts=''
    while read -r web_host _; do
        case " $web_hosts " in *" $web_host "*) ;; *) [ -z "$web_host" ] || web_hosts="$web_hosts $web_host" ;; esac
    done <<S
$WEB_SERVERS
S
    for web_host in $web_hosts; do
        # shellcheck disable=SC2016
        web_configuration "$web_host" | on "$web_host" sh -eu -c 'mkdir -p "$1/pages"; echo OK >"$1/pages/test.html"
            truncate -s "$2" "$1/pages/download"; cat >"$1/nginx.conf"
            exec nginx -e "$1/error.log" -c "$1/nginx.conf"' web_up "$LAB_TMP/$web_host/web" "$DOWNLOAD_SIZE"
    done
}

# web_listen PORTS HOST...: a web server on these hosts answers at those ports, whether or not it ran before; at a port with an s,
# such as 443s, by TLS.
web_listen() {
    WEB_PORTS=$1
    shift
    for web_host in "$@"; do
        case $WEB_PORTS in *s*) web_certificate "$web_host" ;; esac
        web_configuration "$web_host" | put "$web_host" "$(web_root "$web_host")/nginx.conf"
        if web_stopped "$web_host"; then web_start "$web_host"; else web_signal "$web_host" reload; fi
    done
}

# web_certificate HOST: one of its own, signed by itself.
web_certificate() {
    on "$1" openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
        -keyout "$(web_root "$1")/key.pem" -out "$(web_root "$1")/certificate.pem" 2>/dev/null
}

web_signal() {
    on "$1" nginx -e "$(web_root "$1")/error.log" -c "$(web_root "$1")/nginx.conf" -s "$2"
}

web_start() {
    on "$1" nginx -e "$(web_root "$1")/error.log" -c "$(web_root "$1")/nginx.conf"
}

# web_stop HOST: the web server ends at once, with its connections.
web_stop() {
    web_signal "$1" stop
}

# web_quit HOST: it accepts no more connections (refused) and finishes those that are open.
web_quit() {
    web_signal "$1" quit
}

# web_hang HOST: connections are taken and nothing more is said, until web_resume HOST.
web_hang() {
    # shellcheck disable=SC2016
    on "$1" sh -c 'pkill -STOP -P "$(cat "$1")"' web_hang "$(web_root "$1")/nginx.pid"
}

web_resume() {
    # shellcheck disable=SC2016
    on "$1" sh -c 'pkill -CONT -P "$(cat "$1")"' web_resume "$(web_root "$1")/nginx.pid"
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

# answered_by NAME [ADDRESS]: that server answers one request.
answered_by() {
    [ "$(ask "${2:-$VIP}" 2>/dev/null)" = "$1" ]
}

# answers COUNT [ADDRESS]: that many requests, one connection each; prints who answered, in order.
answers() {
    on client curl -sS -f -m 5 "http://${2:-$VIP}/whoami?[1-$1]"
}

# tally COUNT [ADDRESS]: the same, counted: "10 real1" lines, by name.
tally() {
    answers "$@" | sort | uniq -c | sed 's/^ *//'
}

# tally_is TALLY COUNT [ADDRESS]: that many requests are answered so; TALLY as tally prints it, in one line: "3 real1,3 real2".
tally_is() {
    tally_wanted=$1
    shift
    [ "$(tally "$@" 2>/dev/null | paste -sd, -)" = "$tally_wanted" ]
}

# requests_begin NAME [ADDRESS]: the client asks there without a pause, 20 times a second, until requests_end NAME.
requests_begin() {
    spawn client "$1" stdbuf -oL curl -sS -m 5 --rate 20/s -o /dev/null -w '%{http_code}\n' "http://${2:-$VIP}/whoami?[1-10000000]"
    requests_name=$1
    eventually 10 requests_served
}

requests_served() {
    [ "$(log_of client "$requests_name" | grep -c '^200$')" -gt 3 ]
}

# requests_failed NAME: how many of them had no answer so far.
requests_failed() {
    log_of client "$1" | grep -E '^[0-9]{3}$' | grep -cv '^200$' || :
}

# requests_answered NAME: how many have been answered so far.
requests_answered() {
    log_of client "$1" | grep -c '^200$' || :
}

requests_answered_more() {
    [ "$(requests_answered "$1")" -ge "$2" ]
}

# requests_go_on NAME WHAT: the client has answers again, and no request that begins from then on fails. One that began before may still
# fail when its time is over; the next one begins after it.
requests_go_on() {
    eventually 30 requests_answered_more "$1" $(($(requests_answered "$1") + 5))
    requests_lost=$(requests_failed "$1")
    eventually 30 requests_answered_more "$1" $(($(requests_answered "$1") + 40))
    expect_equal "requests that failed after $2" "$requests_lost" "$(requests_failed "$1")"
    echo "$2: $requests_lost requests have failed so far"
}

# requests_end NAME: the client stops asking; not one request may have failed.
requests_end() {
    signal client "$1" TERM
    eventually 5 ended client "$1"
    echo "$1: $(log_of client "$1" | grep -c '^200$') requests, $(requests_failed "$1") failed"
    expect_equal "failed requests of $1" 0 "$(requests_failed "$1")"
}

# A download stays open for as long as a scenario wants: the client reads from its pipe only when told to,
# and each step is more than the buffers on the way hold, so that it has to come from the server.

# download_start NAME [ADDRESS]: begins a download in the background on the client and reads the first step.
download_start() {
    # The shell keeps the pipe open for both the download and those who read from it.
    # shellcheck disable=SC2016
    spawn client "$1" sh -c 'cd "$1" && mkfifo "$2.pipe" && echo 0 >"$2.size" && exec 3<>"$2.pipe"
        curl -sS -f -m 600 "$3" >&3; echo $? >"$2.status"; sleep 600' \
        download "$LAB_TMP/client" "$1" "http://${2:-$VIP}/download"
    eventually 5 on client test -s "$LAB_TMP/client/$1.size"
    expect_download_goes_on "$1"
}

download_size() {
    on client cat "$LAB_TMP/client/$1.size"
}

# download_read NAME BYTES: reads that many and adds them to the size; status 1 when they do not come.
download_read() {
    # shellcheck disable=SC2016
    on client sh -c 'cd "$1" && came=$(timeout "$4" head -c "$3" <"$2.pipe" | wc -c)
        size=$(($(cat "$2.size") + came)) && echo $size >"$2.size" && [ "$came" -eq "$3" ]' \
        download_read "$LAB_TMP/client" "$1" "$2" $((10 * ${LAB_PATIENCE:-3}))
}

# expect_download_goes_on NAME: the next step of it arrives.
expect_download_goes_on() {
    download_read "$1" "$DOWNLOAD_STEP" || fail "download $1 came to a halt at $(download_size "$1") bytes: $(log_of client "$1")"
}

download_succeeded() {
    [ "$(on client cat "$LAB_TMP/client/$1.status" 2>/dev/null)" = 0 ]
}

# expect_download_completes NAME: the rest of it arrives, and the client is content with it.
expect_download_completes() {
    download_read "$1" $((DOWNLOAD_SIZE - $(download_size "$1"))) || fail "download $1 ended at $(download_size "$1") bytes: $(log_of client "$1")"
    eventually 5 download_succeeded "$1"
    signal client "$1" KILL
}

# client_keeps_to BYTES VIP WHAT: the client sends segments there that are not larger, and not much smaller.
client_keeps_to() {
    # shellcheck disable=SC2016 # perl expands
    segment=$(on client perl -MIO::Socket::IP -MSocket=IPPROTO_TCP,TCP_MAXSEG -e '
        my $to = IO::Socket::IP->new(PeerHost => $ARGV[0], PeerPort => 80, Timeout => 10) or die "$ARGV[0]: $@\n";
        print unpack "i", getsockopt($to, IPPROTO_TCP, TCP_MAXSEG)' "$2")
    if [ "$segment" -gt "$1" ] || [ "$segment" -lt $(($1 - 40)) ]; then
        fail "$3: the client sends segments of $segment bytes, $1 fit"
    fi
}
