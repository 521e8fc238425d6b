"""What the evidence costs, beside bare loops of the same run: an event recorded and signed, an epoch sealed, a pack
written, a pack verified. ``python bench/evidence.py`` prints a table and writes JSON; how to read both:
docs/benchmarks.md. Everything runs in folders of its own, which are removed at the end."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from run import LONGEST, RESULTS, machine, tell
from servers import HERE, caseroom_environ

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own in it; where the system has none, that part is left out
DISK, IN_MEMORY = "disk", "memory"


def main() -> int:
    arguments = parse()
    RESULTS.mkdir(exist_ok=True)
    found = {"at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "machine": machine(), **measure(arguments)}
    written = RESULTS / f"evidence-{found['at'].replace(':', '')}.json"
    written.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found) if arguments.json else table(found), flush=True)
    tell(f"Written to {written.relative_to(Path.cwd()) if written.is_relative_to(Path.cwd()) else written}")
    return 0


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {"ledger": {}}
    for place, folder in ((DISK, RESULTS), (IN_MEMORY, MEMORY)):
        if folder.is_dir():
            tell(f"Events and epochs, in a folder on the {place}" if place == DISK else "The same in memory")
            numbers = [arguments.events, arguments.epochs]
            found["ledger"][place] = child("evidence_ledger.py", folder, "bare", numbers)
    tell(f"A pack with {arguments.files} files of {arguments.mib} MiB")
    found["pack"] = child("evidence_pack.py", RESULTS, "", [arguments.files, arguments.mib, arguments.rounds])
    tell(f"Verifying a pack of {arguments.entries} entries")
    found["verify"] = finished(
        ["evidence_verify.py", "--entries", str(arguments.entries), "--rounds", str(arguments.rounds)], {}
    )
    return found


def child(script: str, parent: Path, place: str, numbers: list[int]) -> dict[str, Any]:
    """Run a measuring process over an empty data folder, with another place beside it; its result is JSON."""
    with tempfile.TemporaryDirectory(dir=parent, prefix="caseroom-bench-") as folder:
        environ = caseroom_environ(Path(folder) / "data")
        return finished([script, str(Path(folder) / place), *map(str, numbers)], environ)


def finished(arguments: list[str], environ: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / arguments[0]), *arguments[1:]],
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        check=True,
        timeout=LONGEST,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def table(found: dict[str, Any]) -> str:
    lines = ["", f"{'':28}{'caseroom':>12}{'bare':>12}{'ratio':>8}"]
    for place, ledger in found["ledger"].items():
        for name, words in (("append", "an event"), ("seal", "an epoch")):
            lines.append(_line(f"{words}, {place}, ms", ledger[name], "caseroom_ms", "bare_ms"))
    pack, verify = found["pack"], found["verify"]
    return "\n".join(
        [
            *lines,
            _line(f"pack of {pack['bytes'] // 10**6} MB, MB/s", pack, "caseroom_mb_per_s", "bare_mb_per_s"),
            f"{'  memory meanwhile':28}{pack['rss_growth_mib']:>+12} MiB",
            _line(f"verify {verify['entries']} entries, s", verify, "verify_s", "bare_s"),
        ]
    )


def _line(words: str, values: dict[str, Any], ours: str, theirs: str) -> str:
    return f"{words:28}{values[ours]:>12}{values[theirs]:>12}{values['ratio']:>8}"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what the evidence costs beside bare loops, in one run.")
    parser.add_argument("--events", type=int, default=1000, help="events recorded per side and place (1000)")
    parser.add_argument("--epochs", type=int, default=200, help="epochs sealed per side and place (200)")
    parser.add_argument("--files", type=int, default=4, help="exhibits in the pack (4)")
    parser.add_argument("--mib", type=int, default=256, help="size of each (256)")
    parser.add_argument("--entries", type=int, default=100_000, help="entries of the pack to verify (100000)")
    parser.add_argument("--rounds", type=int, default=3, help="packs and verifications, the best counts (3)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
