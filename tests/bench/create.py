"""create.py EDGERC CA ADDRESS BODY OUT: creates a client with Akamai's library for Python, stores its credential."""

import os
import sys

import requests
import urllib3.util.connection as connection
from akamai.edgegrid import EdgeGridAuth, EdgeRc


def store(path, text):
    """Replaces the file atomically: written and synced, renamed, and the directory synced."""
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)
    directory = os.open(os.path.dirname(path), os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)


edgerc, ca, address, body, out = sys.argv[1:]
host, port = address.split(":")
connect = connection.create_connection
connection.create_connection = lambda _address, *rest, **options: connect((host, int(port)), *rest, **options)

api_host = EdgeRc(edgerc).get("default", "host")
session = requests.Session()
session.verify = ca
session.auth = EdgeGridAuth.from_edgerc(edgerc, "default")
with open(body, "rb") as file:
    content = file.read()
response = session.post(
    f"https://{api_host}/identity-management/v3/api-clients", data=content, headers={"Content-Type": "application/json"}
)
if response.status_code != 201:
    sys.exit(f"{response.status_code} {response.reason}")
made = response.json()
credential = made["credentials"][0]
store(
    out,
    f"[default]\nclient_secret = {credential['clientSecret']}\nhost = {api_host}\n"
    f"access_token = {made['accessToken']}\nclient_token = {credential['clientToken']}\n",
)
