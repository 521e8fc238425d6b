"""``make bench``: Caseroom beside bare loops of the same run. Prints a table and writes JSON; how to read both:
docs/benchmarks.md. Everything runs on 127.0.0.1 in a folder of its own, which is removed at the end."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import upload
from servers import HERE, Server, bare_server, caseroom_environ, caseroom_server

RESULTS = HERE / "results"
LONGEST = 900.0  # seconds for one step
MIB = 1024 * 1024
CLIENTS = ("lean", "socketio")


def main() -> int:
    arguments = parse()
    RESULTS.mkdir(exist_ok=True)
    # Beside the results, not in the system's folder for temporary files: that may be memory, where fsync costs nothing.
    with tempfile.TemporaryDirectory(dir=RESULTS, prefix="run-") as folder:
        found = measure(arguments, Path(folder))
    written = RESULTS / f"{found['at'].replace(':', '')}.json"
    written.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found) if arguments.json else table(found), flush=True)
    tell(f"Written to {written.relative_to(Path.cwd()) if written.is_relative_to(Path.cwd()) else written}")
    return 0


def measure(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    needed = (2 + arguments.rounds) * arguments.upload_mib * MIB
    if shutil.disk_usage(folder).free < needed:
        sys.exit(f"bench: {needed // MIB} MiB of free disk are needed; a smaller --upload-mib needs less")
    data = folder / "data"
    tell(f"Building cases of {', '.join(map(str, arguments.members))} members")
    cases = build_cases(data, arguments.members)
    with bare_server(folder) as bare, caseroom_server(data, folder) as caseroom:
        found: dict[str, Any] = {"at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "machine": machine(), "latency": []}
        for client in arguments.clients:
            for members in arguments.members:
                tell(f"Messages to {members}, {client} client")
                task = {"client": client, "posts": arguments.posts, "case": cases[str(members)]}
                result = child("latency.py", {**task, "bare": process(bare), "caseroom": process(caseroom)})
                found["latency"].append({"client": client, **result})
        if arguments.rounds:
            tell(f"Uploads of {arguments.upload_mib} MiB")
            smallest = cases[str(min(arguments.members))]
            size = arguments.upload_mib * MIB
            found["upload"] = upload.measure(bare, caseroom, smallest, size=size, rounds=arguments.rounds)
    return found


def build_cases(data: Path, sizes: list[int]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / "setup.py"), *map(str, sizes)],
        env={**os.environ, **caseroom_environ(data)},
        stdout=subprocess.PIPE,
        check=True,
        timeout=LONGEST,
    )
    return json.loads(done.stdout)


def child(script: str, task: dict[str, Any]) -> dict[str, Any]:
    """Run a measuring process; its task and its result are JSON."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / script)],
        input=json.dumps(task).encode(),
        stdout=subprocess.PIPE,
        check=True,
        timeout=LONGEST,
    )
    return json.loads(done.stdout)


def process(server: Server) -> dict[str, int]:
    return {"port": server.port, "pid": server.pid}


def machine() -> dict[str, Any]:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"system": platform.platform(), "python": platform.python_version(), "cpus": os.cpu_count(), "load": load}


def table(found: dict[str, Any]) -> str:
    lines = []
    for client in dict.fromkeys(row["client"] for row in found["latency"]):
        lines += ["", f"A message to all readers of a room, {client} client. Milliseconds.", _HEAD]
        for row in (each for each in found["latency"] if each["client"] == client):
            lines += _latency_lines(row)
    if "upload" in found:
        lines += ["", *_upload_lines(found["upload"])]
    return "\n".join(lines)


MEASURES = {"ack_p50": "ack p50", "ack_p99": "ack p99", "all_p50": "all p50", "all_p99": "all p99", "cpu": "server CPU"}
_HEAD = f"{'readers':>8}{'':>10}" + "".join(f"{words:>12}" for words in MEASURES.values())


def _latency_lines(row: dict[str, Any]) -> list[str]:
    def line(name: str, values: dict[str, float], form: str) -> str:
        return f"{name:>10}" + "".join(
            format(values[each], form) if each in values else f"{'-':>12}" for each in MEASURES
        )

    return [
        f"{row['members']:>8}" + line("caseroom", row["caseroom"], "12.2f"),
        f"{'':>8}" + line("bare", row["bare"], "12.2f"),
        f"{'':>8}" + line("ratio", row["ratio"], "12.1f"),
    ]


def _upload_lines(found: dict[str, Any]) -> list[str]:
    meanwhile = found["meanwhile"]
    return [
        f"Upload of {found['bytes'] // MIB} MiB. Million bytes per second.",
        f"{'caseroom':>18}{found['caseroom_mb_per_s']:>12}",
        f"{'bare':>18}{found['bare_mb_per_s']:>12}",
        f"{'ratio':>18}{found['ratio']:>12}",
        "Meanwhile",
        f"{'server memory':>18}{meanwhile['rss_growth_mib']:>+12} MiB",
        f"{'messages':>18}{meanwhile['messages']:>12} to {meanwhile['members']} readers",
        f"{'all p50, p99':>18}{meanwhile['all_p50']:>12} ms, {meanwhile['all_p99']} ms",
    ]


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure Caseroom beside bare loops, in one run.")
    parser.add_argument("--members", type=_sizes, default=[10, 50, 200], help="readers in the room (10,50,200)")
    parser.add_argument("--posts", type=int, default=300, help="messages per size, client and server (300)")
    parser.add_argument("--clients", type=lambda text: text.split(","), default=list(CLIENTS), help="lean,socketio")
    parser.add_argument("--upload-mib", type=int, default=1024, help="size of the upload (1024)")
    parser.add_argument("--rounds", type=int, default=2, help="uploads per server, the best counts; 0: none (2)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    arguments = parser.parse_args()
    if set(arguments.clients) - set(CLIENTS):
        parser.error(f"--clients: choose from {', '.join(CLIENTS)}")
    return arguments


def _sizes(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
