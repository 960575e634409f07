// create.js EDGERC CA ADDRESS BODY OUT: creates a client with Akamai's library for Node.js, stores its credential.
const fs = require('fs');
const https = require('https');
const path = require('path');
const tls = require('tls');
const EdgeGrid = require('akamai-edgegrid');

// Replaces the file atomically: written and synced, renamed, and the directory synced.
function store(file, text) {
    const descriptor = fs.openSync(`${file}.new`, 'wx', 0o600);
    fs.writeSync(descriptor, text);
    fs.fsyncSync(descriptor);
    fs.closeSync(descriptor);
    fs.renameSync(`${file}.new`, file);
    const directory = fs.openSync(path.dirname(file), 'r');
    fs.fsyncSync(directory);
    fs.closeSync(directory);
}

const [edgerc, ca, address, body, out] = process.argv.slice(2);
const [host, port] = address.split(':');
const agent = new https.Agent({ca: fs.readFileSync(ca)});
agent.createConnection = options => tls.connect({...options, host, port: Number(port)});

const api = new EdgeGrid({path: edgerc, section: 'default'});
api.auth({
    path: '/identity-management/v3/api-clients',
    method: 'POST',
    headers: {'Content-Type': 'application/json'},
    body: fs.readFileSync(body, 'utf8'),
    httpsAgent: agent,
});
api.send((error, response) => {
    if (error || response.status !== 201) {
        console.error(String(error || response.status));
        process.exit(1);
    }
    const made = response.data;
    const credential = made.credentials[0];
    store(out, `[default]\nclient_secret = ${credential.clientSecret}\n` +
        `host = ${api.config.host.replace('https://', '')}\n` +
        `access_token = ${made.accessToken}\nclient_token = ${credential.clientToken}\n`);
});
