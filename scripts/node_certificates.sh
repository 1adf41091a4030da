#!/bin/sh
# Make the certificates by which Ray's processes know each other (RAY_USE_TLS): an authority once, and with it one for
# each node. Whoever has the authority's key can become a node.
# Usage: node_certificates.sh authority FOLDER
#        node_certificates.sh node AUTHORITY FOLDER NAME...   NAME: each address and name under which others reach the node
set -eu
umask 077  # keys are their owner's alone
authority_days=3650
node_days=825

# An extension of the certificate a line, from standard input.
certificate() {
    subject=$1 days=$2 key=$3 out=$4
    shift 4
    { printf '[req]\ndistinguished_name = subject\nx509_extensions = kind\n[subject]\n[kind]\n' && cat; } >"$work/config"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days "$days" -config "$work/config" \
        -subj "/CN=audiogpt $subject" -keyout "$work/key" -out "$work/out" "$@" 2>"$work/told" ||
        { cat "$work/told" >&2; exit 1; }
    chmod 644 "$work/out"
    mv "$work/key" "$key"
    mv "$work/out" "$out"
}

alternative_names() {
    for name in "$@"; do
        case $name in
            *:*) printf 'IP:%s\n' "$name" ;;
            *[!0-9.]*) printf 'DNS:%s\n' "$name" ;;
            *) printf 'IP:%s\n' "$name" ;;
        esac
    done | paste -s -d , -
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case "${1:-} $#" in
    "authority 2")
        if [ -e "$2/ca.key" ]; then
            echo "$2/ca.key is there already, and nodes know each other by it; move it away to make another." >&2
            exit 1
        fi
        mkdir -p "$2"
        printf 'basicConstraints = critical, CA:TRUE, pathlen:0\nkeyUsage = critical, keyCertSign\n' |
            certificate authority $authority_days "$2/ca.key" "$2/ca.crt"
        ;;
    "node "[4-9] | "node "[1-9][0-9])
        authority=$2 folder=$3
        shift 3
        mkdir -p "$folder"
        printf 'basicConstraints = critical, CA:FALSE\nextendedKeyUsage = serverAuth, clientAuth\nsubjectAltName = %s\n' \
            "$(alternative_names "$@")" |
            certificate node $node_days "$folder/tls.key" "$folder/tls.crt" \
                -CA "$authority/ca.crt" -CAkey "$authority/ca.key"
        [ "$authority/ca.crt" -ef "$folder/ca.crt" ] || cp "$authority/ca.crt" "$folder/ca.crt"
        ;;
    *)
        sed -n '4,5s/^# //p' "$0" >&2
        exit 2
        ;;
esac
