"""Makes the pictures of README.md and LISEZMOI.md from the sample practice, as a lawyer sees her joint room:
docs/images/room-{en,fr}.png at a desk, docs/images/room-phone-{en,fr}.png on a phone. Prints what it wrote.

    make screenshots
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.e2e.chromium import DESK, PHONE, chromium  # noqa: E402 -- found through the line above
from tests.e2e.navigators import Person  # noqa: E402
from tests.realtime.serving import free_port  # noqa: E402

IMAGES = ROOT / "docs" / "images"
HEAVIEST = 250_000  # bytes: a README is read on slow lines too
COLOURS = 256
WHO = "Me Nadia Ferrand"
ALSO_THERE = ("Mme Hélène Roy", "Mme Odile Aubier")
JOINT_ROOM = "Salle commune"
# How each language calls itself, the room, and three people who are there.
LANGUAGES = {"en": ("English", "Joint room", "3 of 5 online"), "fr": ("Français", JOINT_ROOM, "3 en ligne sur 5")}


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="caseroom-screenshots-") as folder, ExitStack() as stack:
        origin, links = stack.enter_context(sample_practice(Path(folder) / "data"))

        def signed_in(name: str, number: int) -> Person:
            browser = stack.enter_context(chromium(Path(folder) / f"browser-{number}"))
            browser.prefers("light", motion=False)
            person = Person(name=name, email="", browser=browser, origin=origin)
            person.opens(links[name])
            return person

        # A room in which nobody else is online would be a sad picture.
        for number, name in enumerate(ALSO_THERE):
            goes_to(signed_in(name, number), JOINT_ROOM)
        nadia = signed_in(WHO, len(ALSO_THERE))
        for code, (language, room, online) in LANGUAGES.items():
            nadia.opens("/")
            nadia.chooses_language(language)
            goes_to(nadia, room)
            nadia.sees(online)
            for name, size in (("room", DESK), ("room-phone", PHONE)):
                nadia.browser.looks_like(size)
                write(IMAGES / f"{name}-{code}.png", nadia.browser.driver.get_screenshot_as_png())
            nadia.browser.looks_like(DESK)


@contextmanager
def sample_practice(data: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """``python -m caseroom demo`` in a folder of its own: where it serves, and the sign-in link of each person."""
    port = free_port()
    environ = {**os.environ, "CASEROOM_DATA": str(data), "CASEROOM_BIND": f"127.0.0.1:{port}"}
    command = [sys.executable, "-m", "caseroom", "demo"]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as process:
        said = ""
        for line in process.stdout or ():
            said += line
            if line.startswith("Caseroom serves at"):
                break
        links = re.findall(r"^ +([^,\n]+),.*\n +(http\S+/demo/\S+)$", said, re.MULTILINE)
        try:
            yield f"http://127.0.0.1:{port}", dict(links)
        finally:
            process.terminate()


def goes_to(person: Person, room: str) -> None:
    """The room of this name in the first case of the list."""
    person.opens("/")
    person.follows(".case-row__title a")
    person.goes_to_room(room)


def write(file: Path, picture: bytes) -> None:
    """Keep the picture with few colours, which text on paper needs no more of."""
    image = Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    image.save(file, optimize=True)
    size = file.stat().st_size
    if size >= HEAVIEST:
        raise SystemExit(f"{file} is too heavy: {size} bytes")
    print(f"{file.relative_to(ROOT)}: {image.width} x {image.height}, {size} bytes")


if __name__ == "__main__":
    main()
