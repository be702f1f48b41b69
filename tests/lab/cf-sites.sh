# shellcheck shell=sh
# An ldirectord.cf of several services on real1 that differ in a line or two, each with a port of its own.

# site PORT LINE...: a service of the file.
site() {
    cat <<S

virtual=$VIP:$1
    real=$RIP1:80 masq
    fallback=$FALLBACK:80 masq
    service=http
    request="test.html"
S
    shift
    printf '    %s\n' "$@"
}

# stands PORT SCHEDULER RIP: a service of the table.
stands() {
    printf -- '-A -t %s:%s -s %s\n-a -t %s:%s -r %s:80 -m -w 1\n' "$VIP" "$1" "$2" "$VIP" "$1" "$3"
}

# define_sites: the file, with the services of standard input.
define_sites() {
    { printf 'checkinterval=1\nnegotiatetimeout=2\n'; cat; } | director_define
}
