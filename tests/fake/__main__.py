"""Runs the fake in a process of its own: `python3 tests/fake --help`."""

import argparse
import os
import signal
import sys
import threading

if not __package__:
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from fake import DEFAULT_HOST, FakeIam, control


def main():
    parser = argparse.ArgumentParser(prog="fake", description="A fake Akamai Identity and Access Management server")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--certificate", required=True, help="PEM, the leaf first")
    parser.add_argument("--key", required=True, help="PEM")
    parser.add_argument("--state-dir", help="keeps clients over restarts; requests.jsonl and control-port go there")
    parser.add_argument("--clock-offset", type=float, default=0, metavar="S", help="seconds ahead of the real time")
    parser.add_argument("--host", action="append", help="API host name to answer for; repeatable")
    parser.add_argument("--edgerc", metavar="FILE", help="write the administrator's .edgerc there, mode 0600")
    parser.add_argument("--section", default="default", help="its section")
    parser.add_argument("--control-port", type=int, default=0, help="plain HTTP on loopback; 0: any free one")
    parser.add_argument("--seed", type=int, default=1, help="what ids and secrets are made from")
    options = parser.parse_args()
    fake = FakeIam(
        options.certificate,
        options.key,
        hosts=options.host or [DEFAULT_HOST],
        port=options.port,
        clock_offset=options.clock_offset,
        seed=options.seed,
        state_dir=options.state_dir,
    )
    if options.edgerc:
        fake.write_edgerc(options.edgerc, options.section)
    fake.start()
    control_port = control.start(fake, options.control_port)
    if options.state_dir:
        with open(os.path.join(options.state_dir, "control-port"), "w", encoding="ascii") as file:
            file.write(f"{control_port}\n")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    print(f"ready {fake.port}", flush=True)
    ended.wait()
    fake.stop()


if __name__ == "__main__":
    main()
