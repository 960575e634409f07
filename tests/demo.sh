#!/bin/sh
# demo.sh: creates an API client and stores its credential, step by step, against a fake of Akamai's
# Identity and Access Management over real TLS. `make demo` builds first.
set -eu

step() {
    printf '\n== %s\n' "$1"
}

show() {
    printf '   $ gridkey %s\n' "$1"
}

step "1. The binary: one static file"
"${GRIDKEY_BINARY:-build/gridkey}" --version | sed 's/^/   /'
ls -l "${GRIDKEY_BINARY:-build/gridkey}" | awk '{print "   " $5 " bytes"}'

step "2. A fake of Akamai's API starts, with new TLS certificates"
. tests/start-fake.sh
echo "   it listens on 127.0.0.1 port $port; an administrator's credential is in ~/.edgerc, section [default]"

step "3. --dry-run prints the JSON that would be sent; names are resolved to ids, nothing is changed"
show 'client create --name edge-box ... --dry-run'
create() {
    gk client create --name edge-box --description "the box in rack 7" \
        --notify ops@example.com \
        --api "Property Manager (PAPI)=READ-WRITE" --api "/ccu=rw" --api "Reporting API=READ-ONLY" \
        --group "Main Street Corporation" --ip 192.0.2.0/24 --purge-cpcodes all --purge-by-cpcode "$@"
}
create --dry-run | sed 's/^/   /'

step "4. Create the client and store its credential"
show 'client create --name edge-box --description "the box in rack 7" --notify ops@example.com'
echo '       --api "Property Manager (PAPI)=READ-WRITE" --api /ccu=rw --api "Reporting API=READ-ONLY"'
echo '       --group "Main Street Corporation" --ip 192.0.2.0/24 --purge-cpcodes all --purge-by-cpcode'
create | sed 's/^/   /'

step "5. What ~/.edgerc holds now (secrets hidden here)"
sed 's/^\(client_secret = \).*/\1.../; s/^/   /' "$work/home/.edgerc"
echo "   its mode is $(stat -c %a "$work/home/.edgerc")"

step "6. Akamai's own Python library reads it, and signs a call that the API verifies"
"$python" - "$work" "$port" <<'PYTHON'
import http.client, ssl, sys
from akamai.edgegrid import EdgeGridAuth, EdgeRc
import requests

work, port = sys.argv[1], sys.argv[2]
edgerc = EdgeRc(work + "/home/.edgerc")
host = edgerc.get("edge-box", "host")
call = requests.Request("GET", f"https://{host}/papi/v1/contracts").prepare()
EdgeGridAuth.from_edgerc(edgerc, "edge-box")(call)
# The name is the API's, the address the fake's: what --connect-to does for gridkey.
context = ssl.create_default_context(cafile=work + "/ca.pem")
connection = http.client.HTTPSConnection(host, context=context)
connection._create_connection = lambda address, *rest: __import__("socket").create_connection(("127.0.0.1", int(port)))
connection.request("GET", "/papi/v1/contracts", headers=dict(call.headers))
answer = connection.getresponse()
body = answer.read().decode()
print(f"   GET https://{host}/papi/v1/contracts -> {answer.status}")
print(f"   {body}")
sys.exit(0 if answer.status == 200 else 1)
PYTHON

step "7. gridkey signs with the new credential: one call that its access allows, one that it does not"
show '--section edge-box request GET /papi/v1/contracts'
gk --section edge-box request GET /papi/v1/contracts | sed 's/^/   /'
echo
show '--section edge-box request GET /cps/v2/enrollments'
if gk --section edge-box request GET /cps/v2/enrollments >/dev/null 2>"$work/refused"; then
    echo "   this call should have been refused" >&2
    exit 1
fi
sed 's/^/   /' "$work/refused"

printf '\n== Done: the client has only the requested permissions, and its credential is stored in ~/.edgerc.\n'
