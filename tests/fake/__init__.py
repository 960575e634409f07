"""A fake of Akamai's Identity and Access Management v3 on 127.0.0.1, over TLS, with scripted faults.

In a test:

    fake = FakeIam(certificate, key, **options).start()     # or `with FakeIam(...) as fake:`; the `fake` fixture
    fake.fault(method="POST", path="/identity-management/v3/api-clients", cut_after=-1)
    ...
    assert fake.requests[0]["valid"]
    fake.stop()

In a process of its own (`python3 tests/fake --help`), it prints `ready PORT` once it listens:

    python3 tests/fake --port 0 --certificate FILE --key FILE [--state-dir DIR] [--clock-offset S] [--edgerc FILE]

Every id, token and secret follows from `seed`: the same calls make the same ones in every run.


FakeIam(certificate, key, ...)
    certificate, key    PEM files; the certificate file holds the chain, leaf first
    hosts               API host names it answers for; the default is DEFAULT_HOST alone. The administrator's client
                        has the first; clients made later take the names in turn (baseURL)
    port, clock_offset, seed
    state_dir           clients outlive the process there (state.json); requests.jsonl records every request
    max_body            131072: how much of a POST body its content hash covers
    signed_headers      names of headers that the signature must cover
    tls_minimum, tls_maximum, ciphers   an ssl.TLSVersion each, and an OpenSSL cipher list ("DEFAULT:@SECLEVEL=0"
                        lets a short RSA key in)
    and any switch, see below

Attributes and methods
    start(), stop()     stop() ends stalled connections too
    host, port, clock_offset; now(), set_time(seconds since 1970)
    admin               the preloaded client's credential: host, client_token, client_secret, access_token, client_id
    credential_values(client_id, index=0)            the same of another client's credential
    edgerc_text(section="default", client_id=None, index=0), write_edgerc(path, ...)    mode 0600; returns path
    clients             all clients as kept: the API's members, plus host, credentials (with clientSecret)
    client(name)        one of them by clientId or clientName
    state.clients       the dictionary itself; tests may change what is in it
    add_client(creator="jsmith", **members of a POST body)     without a credential; returns it as kept
    add_credential(client_id, status="ACTIVE", expires_in=None, description="")     seconds, may be negative
    set(**switches)
    fault(**options), connection_fault(kind, times=1, skip=0), clear_faults()
    requests            what came, in order; see below
    malformed           texts: what broke HTTP in requests that did (answered 400, not in `requests`)
    connections         how many TCP connections were accepted
    connection_log      one dict each: number, requests, sni, tls, cipher, handshake_error (only when it failed),
                        ended: "close_notify", "eof" (FIN without close_notify), "reset", "idle", "handshake",
                        "by server: ...", "malformed", "fault: ..."; None while it lives
    wait_for_requests(count, seconds=10)     False when fewer arrived in that time
    settle()            waits until all that clients sent before they went has been dealt with
    on_request          None or a function called with each record once it arrived, before it is answered (but for
                        `early`): the place to kill the client from

A record of a request
    method, target (as on the request line), path, query, parameters (decoded), account (accountSwitchKey or None)
    headers             lower-case names; header_list: pairs as sent
    body (bytes), json (or None), complete (the whole body came)
    connection, number  of the connection, and of the request on it; both count from 1
    client_token, timestamp, nonce      of the Authorization header, None when it is not of the prescribed form
    valid               the signature is right: form, Host, time within 30 s, tokens, nonce never used, MAC
    refusal, reason     None, or the gateway's refusal and, in words, why: more than the client is told
    client_id           who signed (None unless valid)
    applied             a change that the request asked for was made (for a GET: it was answered as usual)
    status              of the answer; None when there was none (a `raw` answer: 0)
    fault               index of the rule that struck, or None
    time                the server's, when the head had come

Switches, with their defaults
    create_credential="ACTIVE"  the credential made with a client: "ACTIVE", "INACTIVE" (as in the published example),
                                "absent" (none made), "no-secret" (made, but the answer hides clientSecret)
    spread=0                    the first so many calls with each new credential are refused 401
    owner_only=False            POST credentials to a client that the caller's user did not create: 403
    fixed_expiry=False          expiresOn cannot be edited (actions.editExpiration false)
    self_needs_grant=True       /api-clients/self needs the API "API Clients Administration" too
    base_url_end=""             what follows the host in baseURL, such as "/"
    enforce_ip_acl=False        a client whose ipAcl is enabled and leaves 127.0.0.1 out gets 403


Faults
    The first rule that matches and is not used up strikes; there is one per request. fault() returns the rule: `used`
    counts how often it struck. Options may be combined.

    which requests
        method, path        None: any. path may have * and ? (fnmatch) and never includes the query
        query               text that the query must contain
        client_token        of the Authorization header
        skip=0, times=1     lets the first so many matches pass; then strikes so often; times=None: always
    what is answered (else: what would have been answered anyway)
        status, reason      body: bytes, text (text/html) or data (problem+json from 400 on, else JSON);
        body, content_type  neither: empty, without Content-Type
        gateway             a refusal of the gateway by name: "signature", "inactive", "nonce", "timestamp", "missing",
                            "malformed", "burst", "method", "grant", "origin"
        raw                 bytes: the whole answer, head and all, nothing added
        headers             dict or list of pairs: added, or in place of those of the same name (Retry-After,
                            X-RateLimit-Next, Location, ...); remove_headers: list of names
        edit                a function from the answer's parsed JSON to what is sent instead (Python only)
        applied             whether the request takes effect. Default: yes, unless status, gateway, raw, early or
                            cut_before_body is given. True with one of the first three: the change is made and the
                            client told something else. False with none of them: the client is told of a change that
                            was not made
    when
        delay=0             seconds before the answer (less when the client goes)
        early               answers when the head has come, before the body is read (needs status, gateway or raw)
        cut_before_body     ends the connection when the head has come
        stall_after         sends so many bytes, then nothing until the client has gone, or for stall_seconds. What the
                            client sends meanwhile is lost
        cut_after           sends so many bytes, then ends the connection
                            Both count bytes of the whole answer: N, -N from its end, or "head" for exactly the head
        end                 how a connection is ended: "fin" (no close_notify), "close_notify" or "rst". Default: fin
                            after a cut or stale="now", rst after stale="next", else close_notify. Alone, it ends the
                            connection after the answer without having said so
        stale               "now": unannounced, ends the connection after the answer; "next": when the next request's
                            first bytes arrive
        close               says `Connection: close` and does it
        twice               sends the answer twice
    how
        informational       answers sent before it: statuses, or [status, headers], e.g. [100, [103, {"Link": "x"}]]
        date                seconds to add to Date, text to have in its place, or False for no Date
        version             e.g. "HTTP/1.0" (which also closes)
        framing             "length", "chunked", "close" (body ends with the connection; `end` says how), "both"
                            (Content-Length of the plain body, and chunked), "none" (neither, and stays open)
        content_length      another number than the true one, or a list: several Content-Length headers
        chunks              sizes, used in turn; chunk_extension: e.g. ";a=b"; trailers: list of pairs
        record_size         bytes per TLS record, or a list used in turn; record_delay: seconds after each

    connection_fault kinds: "close", "rst", "stall", "plain" (HTTP without TLS), "alert" (handshake_failure), "garbage"
    strike before the handshake; "close-after-handshake", "rst-after-handshake", "stall-after-handshake" after it.
    "close" is a FIN. They apply to the next connections in order.


The control port (plain HTTP on loopback; its number is in DIR/control-port)
    POST /control       JSON with any of: fault {options}, faults [{options}], connection_fault {kind, times, skip},
                        clear true, clock_offset N, switches {..}, client {add_client's arguments}, credential
                        {add_credential's arguments}. 400 with `error` for anything unknown
    GET /control/requests, /control/connections, /control/state, /control/admin


What it offers
    catalogue.py holds it all: 110 APIs, groups, roles, users (the administrator's is jsmith; kdoe may use three APIs
    only), CP codes, accounts. Beside the API clients: any path under an API's endPoint answers 200 JSON to a client
    that has the API (READ-WRITE for all but GET, HEAD and OPTIONS), /papi/v1/contracts in PAPI's shape; else 403
    pep-authz/deny. /echo tells method, path, query, headers, length and sha256 of the body, to any credential.

What it makes up, because nothing published says it
    Any unusable client token or access token, a locked client included, is 'Inactive client token'; a repeated nonce is
    401 'Duplicate nonce'; a badly formed Authorization 400 'Invalid authorization header'. Refused changes are 400 with
    titles of its own (ERROR_CLIENT_LOCKED, ERROR_ACTIVE_CREDENTIALS, ERROR_CREDENTIAL_NOT_INACTIVE, ...). A body that
    breaks the schema is 400 'Validation failed', its errors naming each `field`. Unknown query parameters are refused,
    as are groups beside cloneAuthorizedUserGroups:true and cpcodes beside allCurrentAndNewCpcodes:true. An expiresOn in
    the past is refused unless it is the one the credential has. PUT to DELETED needs an INACTIVE one.
"""

from .fake_iam import DEFAULT_HOST, FakeIam

__all__ = ["DEFAULT_HOST", "FakeIam"]
