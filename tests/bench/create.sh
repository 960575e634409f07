#!/bin/sh
# create.sh EDGERC CA ADDRESS BODY OUT: creates an API client with curl, openssl and jq and stores its credential.
set -eu
edgerc=$1 ca=$2 address=$3 body=$4 out=$5

while read -r name _ value; do
    case $name in
    host) host=$value ;;
    client_token) client_token=$value ;;
    client_secret) client_secret=$value ;;
    access_token) access_token=$value ;;
    esac
done <"$edgerc"

hmac() { openssl dgst -sha256 -hmac "$1" -binary | openssl base64 -A; }

tab=$(printf '\t')
read -r nonce </proc/sys/kernel/random/uuid
timestamp=$(date -u +%Y%m%dT%H:%M:%S+0000)
target=/identity-management/v3/api-clients
unsigned="EG1-HMAC-SHA256 client_token=$client_token;access_token=$access_token;timestamp=$timestamp;nonce=$nonce;"
hash=$(openssl dgst -sha256 -binary "$body" | openssl base64 -A)
key=$(printf %s "$timestamp" | hmac "$client_secret")
signature=$(printf %s "POST${tab}https${tab}$host${tab}$target${tab}${tab}$hash${tab}$unsigned" | hmac "$key")

umask 077
new=$(curl -sS --fail --cacert "$ca" --connect-to "$host:443:$address" -H 'Content-Type: application/json' \
    -H "Authorization: ${unsigned}signature=$signature" --data-binary "@$body" "https://$host$target" |
    jq -er --arg host "$host" '"[default]\nclient_secret = \(.credentials[0].clientSecret)\nhost = \($host)
access_token = \(.accessToken)\nclient_token = \(.credentials[0].clientToken)"')
printf '%s\n' "$new" >"$out.new"
sync "$out.new"
mv "$out.new" "$out"
sync "$(dirname "$out")"
