"""What a browser checks for its reader: the register and packs, on the device alone; and that a case's history, once
seen, only grows."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import zipfile
import zlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from caseroom.audit.notes import NoteSigner, checkpoint_text, format_vkey, sign_note
from tests.e2e import samples
from tests.e2e.conftest import NAMES, OpenBrowser
from tests.e2e.navigators import Person
from tests.e2e.practice import Case, Practice

LINES = """return [...document.querySelectorAll(arguments[0] + " li")].map(
    (line) => [line.className, line.textContent.replace(/\\s+/g, " ").trim()])"""
KEPT = """const done = arguments[1], opening = indexedDB.open("caseroom-evidence", 1);
    opening.onsuccess = () => { const asked = opening.result.transaction("kept").objectStore("kept").get(arguments[0]);
      asked.onsuccess = () => { opening.result.close(); done(asked.result ?? null); }; };"""
EPOCH_SECONDS = 2


def test_a_reader_checks_the_register_and_a_pack_on_their_own_device_and_sends_nothing(ada, case, tmp_path):
    # Given a message and an exhibit in the joint room, and the pack on Ada's disk
    ada.opens(f"/rooms/{case.rooms['joint']}")
    ada.is_in_room("Joint room")
    ada.writes("What we agreed on Monday")
    ada.files((samples.contract(tmp_path), "The contract"))
    ada.opens(f"/rooms/{case.rooms['joint']}/register")
    pack = downloads_pack(ada)
    receipt = downloads_receipt(ada, min(ada.leaves()))

    # When she has the register checked
    ada.browser.forget()
    ada.presses("Check now")

    # Then her own browser finds it complete, and says what it did not check
    ada.browser.until(lambda _: "Complete and unchanged" in ada._text("[data-verify-title]"), "no verdict")
    lines = results(ada, "[data-verify-results]")
    assert not [text for tone, text in lines if tone == "fail"]
    assert any("each in its place, as sealed" in text for _, text in lines)
    assert ("wait", "No independent time stampthe times are the host’s own") in lines

    # And it asked for the pack without its files and for the program, and sent nothing
    asked = [event["request"] for event in ada.browser.noted("Network.requestWillBeSent")]
    assert any(each["url"].endswith(f"/cases/{case.id}/evidence/pack?files=0") for each in asked)
    assert {each["method"] for each in asked} == {"GET"}

    # When the network is gone and she drops the pack that she keeps
    ada.browser.forget()
    ada.loses_the_network()
    drops(ada, pack)

    # Then it is checked all the same, its file too
    says(ada, "Complete and unchanged")
    assert any(text.startswith("Exhibit files: 1") for tone, text in results(ada, "[data-drop-results]") if not tone)
    assert not [
        event for event in ada.browser.noted("Network.requestWillBeSent") if event["request"].get("hasPostData")
    ]

    # And a copy with one changed byte is refused, by name
    drops(ada, with_changed_byte(pack, "disclosures.jsonl"))
    says(ada, "Something does not hold")
    failed = [text for tone, text in results(ada, "[data-drop-results]") if tone == "fail"]
    assert any(text.startswith("The files of the pack") for text in failed)
    assert any(text.startswith("The content of an entry") for text in failed)

    # And a receipt alone is held against the key that her browser knows, which is no more than a part
    drops(ada, receipt)
    says(ada, "Checked in part")
    assert any(text.startswith("The receipt is signed") for _, text in results(ada, "[data-drop-results]"))

    # And what is no pack is not called a bad one
    drops(ada, samples.contract(tmp_path))
    says(ada, "Not checked. This is neither a receipt nor a pack of Caseroom.")


def test_a_browser_that_cannot_check_signatures_says_so_and_the_server_checks_instead(ada, case):
    # Given the register of a room in a browser that does not know Ed25519
    ada.opens(f"/rooms/{case.rooms['joint']}/register")
    ada.browser.run("crypto.subtle.importKey = async () => { throw new DOMException('unknown', 'NotSupportedError'); }")

    # When Ada has it checked
    ada.presses("Check now")

    # Then nothing is called good or bad, and she reads why
    ada.browser.until(lambda _: "This browser cannot check signatures" in ada._text("[data-verify-status]"), "silent")
    assert ada._text("[data-verify-title]") == "Not checked"
    assert results(ada, "[data-verify-results]") == []

    # And the second press has the server check its own register
    ada.presses("Check now")
    ada.sees("The register is intact")


def test_somebody_without_an_account_checks_a_receipt_by_its_code_and_with_its_pack(
    ada, case, accounts, open_browser: OpenBrowser
):
    # Given a message of Ada with its receipt, and her pack
    ada.opens(f"/rooms/{case.rooms['joint']}")
    ada.is_in_room("Joint room")
    ada.writes("The figure we offered")
    entry = accounts["ada"].call("GET", f"/rooms/{case.rooms['joint']}/entries?limit=100")["items"][-1]
    ada.opens(f"/rooms/{case.rooms['joint']}/register")
    leaf = ada.leaves()[entry["seq"]]
    pack = downloads_pack(ada)
    receipt = downloads_receipt(ada, entry["seq"])
    vkey = vkey_of(pack, receipt.read_text("utf-8"))

    # When a stranger follows the code of her printed receipt
    visitor = open_browser(("Visitor", ""))
    visitor.opens(f"/check#r={code_of(leaf, receipt.read_text('utf-8'), vkey)}")

    # Then the entry is proven, and the server asked for nothing but whether it knows the key
    says(visitor, "The receipt holds")
    texts = [text for _, text in results(visitor, "[data-drop-results]")]
    assert any(text.startswith(f"The entry is in the registerno. {entry['seq']} of room") for text in texts)
    assert any(text.startswith("The key is known here") for text in texts)
    # And what the paper has to say too is shown beside it
    assert any(leaf in text and receipt.read_text("utf-8").splitlines()[-3] in text for text in texts)
    noted = visitor.browser.notes()
    assert receipt.read_text("utf-8").splitlines()[2] not in noted, "a hash of the receipt left the device"

    # And the code of another entry is refused
    visitor.opens("about:blank")
    visitor.opens(f"/check#r={code_of('0' * 64, receipt.read_text('utf-8'), vkey)}")
    says(visitor, "Something does not hold")

    # And one that somebody signed with a key of their own, in this server's name, is not called good
    visitor.opens("about:blank")
    visitor.opens(f"/check#r={forged_code(vkey.partition('+')[0])}")
    says(visitor, "Checked in part")
    assert any(text.startswith("The key is not known here") for _, text in results(visitor, "[data-drop-results]"))

    # When the text receipt is dropped alone, then it is not called good; with its pack it is proven
    visitor.opens("/check")
    drops(visitor, receipt)
    says(visitor, "Not checked")
    drops(visitor, receipt, pack)
    says(visitor, "Complete and unchanged")
    assert any("The entry is in the register" in text for _, text in results(visitor, "[data-drop-results]"))


@pytest.fixture
def hasty(tmp_path: Path):
    """A practice whose epochs are seconds apart, with a server of its own that a story may end and set back."""
    practice = Practice(tmp_path / "hasty", CASEROOM_TESTING="1", CASEROOM_EPOCH_SECONDS=str(EPOCH_SECONDS))
    yield practice
    practice.stop()


def test_a_history_that_does_not_continue_what_the_browser_saw_is_told_and_both_are_kept(
    hasty: Practice, open_browser: OpenBrowser, tmp_path: Path
):
    # Given a case, a copy of the server's whole data folder, keys and signer included, and Ada, signed in
    people = {name: hasty.person(NAMES[name]) for name in ("ada", "bruno")}
    case = hasty.mediation("Winter and Sommer", people["ada"], people["bruno"])
    ada = open_browser(people["ada"])
    ada.signs_in()
    data = Path(hasty.server.environ["CASEROOM_DATA"])
    hasty.server.terminate()
    shutil.copytree(data, tmp_path / "copy")
    hasty.server.start()

    # When she looks at the room twice, some epochs apart
    first = sees_epoch(ada, case, after=-1)
    second = sees_epoch(ada, case, after=first["size"])

    # Then her browser has kept the later checkpoint, proven from the earlier one, and posts state it
    assert second["size"] > first["size"]
    assert not warned(ada)
    ada.writes("Seen and said")

    # When somebody who holds all keys sets the server back to the copy, and time goes on
    hasty.server.terminate()
    shutil.rmtree(data)
    shutil.copytree(tmp_path / "copy", data)
    hasty.server.start()
    ada.opens(f"/rooms/{case.rooms['joint']}")

    # Then the page says that this is not the history it saw, and keeps what it had
    ada.browser.until(lambda _: warned(ada), "nothing is said")
    ada.sees("The register of this case is not the one that this device saw before.")
    kept = kept_of(ada, case)
    assert kept["size"] >= second["size"]

    # And what she posts states what she saw, and is refused by a server with another history
    ada.types("Said to another server")
    ada.sends()
    ada.browser.until(lambda _: ada._texts(".msg.is-failed .msg__body") == ["Said to another server"], "it is posted")

    # And the evidence on her disk holds the signed checkpoint that she had seen
    before = set(ada.browser.downloads.iterdir())
    ada.presses("Keep the evidence of this")
    evidence = Path(ada.browser.until(lambda _: ada._new_file(before), "no file")).read_text("utf-8")
    assert kept["note"] in evidence
    assert case.id in evidence

    # And it is said again on every later visit, although the new history grows past what she saw
    ada.browser.until(lambda _: newest(ada, case)["size"] > kept["size"] + 1, "no epochs are made")
    ada.opens(f"/rooms/{case.rooms['joint']}/register")
    ada.browser.until(lambda _: warned(ada), "nothing is said any more")
    assert kept_of(ada, case) == kept


def downloads_pack(person: Person) -> Path:
    return person._downloaded(lambda: person.presses("Download the evidence pack"))


def downloads_receipt(person: Person, seq: int) -> Path:
    return person._downloaded(lambda: person.follows(f"#entry-{seq} .link__receipts a"))


def drops(person: Person, *files: Path) -> None:
    person._element("[data-drop-input]").send_keys("\n".join(map(str, files)))


def says(person: Person, words: str) -> None:
    person.browser.until(lambda _: words in person._text("[data-drop-status]"), f"{words!r} is not said")


def results(person: Person, selector: str) -> list[tuple[str, str]]:
    return [(str(tone), str(text)) for tone, text in person.browser.run(LINES, selector)]


def warned(person: Person) -> bool:
    return person._displayed("[data-seen-warning]") is not None


def kept_of(person: Person, case: Case) -> dict:
    return dict(person.browser.driver.execute_async_script(KEPT, case.id) or {"size": -1})


def sees_epoch(person: Person, case: Case, *, after: int) -> dict:
    """Open the room until the browser has kept a checkpoint of more epochs than ``after``."""

    def looks(_: object) -> bool:
        person.opens(f"/rooms/{case.rooms['joint']}")
        person.is_in_room("Joint room")
        return kept_of(person, case)["size"] > after

    person.browser.until(looks, "no later checkpoint is kept")
    return kept_of(person, case)


def newest(person: Person, case: Case) -> dict:
    script = "const done = arguments[1]; fetch(arguments[0]).then(async (answer) => done(await answer.json()))"
    return dict(person.browser.driver.execute_async_script(script, f"/cases/{case.id}/checkpoint"))


def with_changed_byte(pack: Path, ending: str) -> Path:
    """A copy of a pack in which one byte of one member is another."""
    copy = pack.with_name(f"changed-{pack.name}")
    with zipfile.ZipFile(pack) as source, zipfile.ZipFile(copy, "w") as target:
        path = next(name for name in source.namelist() if name.endswith(ending))
        for name in source.namelist():
            content = bytearray(source.read(name))
            if name == path:
                content[len(content) // 2] ^= 1
            target.writestr(name, bytes(content))
    return copy


def vkey_of(pack: Path, receipt: str) -> str:
    """The verifier key of the room that a receipt is for, from the pack."""
    slot = receipt.partition("\n\n")[2].partition("\n")[0].rpartition("/s/")[2]
    with zipfile.ZipFile(pack) as archive:
        return archive.read(f"spaces/{slot}/vkey").decode().strip()


def forged_code(origin: str) -> str:
    """The code of a receipt for a log of one entry, signed in the name of ``origin`` with a key that is not its own."""
    key = Ed25519PrivateKey.generate()
    leaf = hashlib.sha256(b"forged").digest()
    note = sign_note(checkpoint_text(origin, 1, leaf), NoteSigner(origin, key))
    vkey = format_vkey(origin, key.public_key().public_bytes_raw())
    return code_of(leaf.hex(), f"c2sp.org/tlog-proof@v1\nindex 0\n\n{note}", vkey)


def code_of(leaf: str, receipt: str, vkey: str) -> str:
    """What the code of a printed receipt holds after ``#r=``."""
    text = json.dumps({"leaf": leaf, "receipt": receipt, "vkey": vkey}).encode()
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.urlsafe_b64encode(packed.compress(text) + packed.flush()).rstrip(b"=").decode()
