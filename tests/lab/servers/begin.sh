# shellcheck shell=sh disable=SC2034
# What every server's script begins with. Called as NAME DIRECTORY ADDRESS, it writes its configuration and data into
# DIRECTORY, listens on the usual ports of ADDRESS, and stays in the foreground. Nothing of the host's own configuration
# is read, and nothing outside DIRECTORY is written.
set -eu
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
[ $# -eq 2 ] || { echo "usage: ${0##*/} DIRECTORY ADDRESS" >&2; exit 2; }
mkdir -p "$1"
DIRECTORY=$(CDPATH='' cd -- "$1" && pwd)
ADDRESS=$2
umask 022

# What the servers know, and the scenarios ask for.
SITE=www.example.org
LOGIN=probe
PASSWORD=correct

# certificate NAME: a self-signed one, in certificate.pem and key.pem.
certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
        -addext "subjectAltName=DNS:$1" -keyout "$DIRECTORY/key.pem" -out "$DIRECTORY/certificate.pem" 2>/dev/null
    chmod 644 "$DIRECTORY/key.pem"
}
