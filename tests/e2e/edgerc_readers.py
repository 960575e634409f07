"""An .edgerc as Akamai's own libraries for Python, Node.js and Go read it.

    read_by_all(path, "default")    the four values, which all three must read alike
    read_python, read_node, read_go one of them

Node's library is installed and Go's reader is compiled once, beside the binary; both stay there for later runs.
"""

import contextlib
import fcntl
import functools
import json
import os
import subprocess
from pathlib import Path

from akamai.edgegrid import EdgeRc

KEYS = ("host", "client_token", "client_secret", "access_token")
NODE_PACKAGE = "akamai-edgegrid@4.0.4"

NODE_READER = """
const EdgeGrid = require('akamai-edgegrid');
console.log(JSON.stringify(new EdgeGrid({path: process.argv[1], section: process.argv[2]}).config));
"""

GO_READER = """package main

import (
	"encoding/json"
	"os"

	"github.com/akamai/AkamaiOPEN-edgegrid-golang/edgegrid"
)

func main() {
	config, err := edgegrid.InitEdgeRc(os.Args[1], os.Args[2])
	if err != nil {
		panic(err)
	}
	json.NewEncoder(os.Stdout).Encode(map[string]string{"host": config.Host, "client_token": config.ClientToken,
		"client_secret": config.ClientSecret, "access_token": config.AccessToken})
}
"""


def build_folder():
    binary = os.environ.get("GRIDKEY_BINARY")
    return Path(binary).absolute().parent if binary else Path(__file__).resolve().parents[2] / "build"


def run(*command, **environment):
    """What the command prints; without any AKAMAI_ variable, which the libraries may prefer to the file."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AKAMAI_")}
    done = subprocess.run(
        [*map(str, command)], env={**inherited, **environment}, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}"
    return done.stdout


@contextlib.contextmanager
def locked(folder):
    """The folder, made if need be, for this process alone: several workers may want to fill it at once."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


@functools.lru_cache(maxsize=None)
def node_modules():
    with locked(build_folder() / "npm") as folder:
        if not (folder / "installed").exists():
            options = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]
            run("npm", "install", "--prefix", folder, *options, NODE_PACKAGE)
            (folder / "installed").touch()
    return folder / "node_modules"


@functools.lru_cache(maxsize=None)
def go_program():
    with locked(build_folder() / "go") as folder:
        program = folder / "read-edgerc"
        source = folder / "main.go"
        if not program.exists() or source.read_text() != GO_READER:
            source.write_text(GO_READER)
            # From Debian's packages alone: nothing is fetched.
            settings = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(folder / "cache")}
            run("go", "build", "-o", program, source, **settings)
    return program


def read_python(path, section):
    reader = EdgeRc(str(path))
    return {key: reader.get(section, key) for key in KEYS}


def read_node(path, section):
    config = json.loads(run("node", "-e", NODE_READER, path, section, NODE_PATH=str(node_modules())))
    values = {key: config[key] for key in KEYS}
    assert values["host"].startswith("https://")  # which this library puts before it
    return {**values, "host": values["host"][len("https://") :]}


def read_go(path, section):
    return json.loads(run(go_program(), path, section))


def read_by_all(path, section):
    values = read_python(path, section)
    assert read_node(path, section) == values
    assert read_go(path, section) == values
    return values
