"""The story of a world: what everybody sees of it is always the same; in its pauses happens what the world is about."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import product

from werkzeug.routing import Rule

from caseroom.ids import new_id
from caseroom.web.security import OPEN_ENDPOINTS
from tests.properties.caucus_worlds import CANARY, PAUSES, PERIOD, Private, Stage, World
from tests.properties.visitors import Answer, Upload
from tests.realtime.events import EVENTS, PAYLOADS
from tests.realtime.wire import Wire

# Open addresses that tell something of this server's cases; the others are the way in.
TELLING = frozenset({"api.openapi", "check.known_key", "check.page", "pages.health"})
QUERIES = {
    "api.entries": ("", "?after=1&limit=2"),
    "api.pack": ("?files=1", "?files=0"),
    "api.receipt": ("", "?head=1"),
    "api.checkpoint": ("", "?since=1", "?since=99"),
    "evidence.checkpoint": ("", "?since=1", "?since=99"),
    "evidence.register": ("", "?before=3"),
    "evidence_pack.pack": ("?files=1", "?files=0"),
    "rooms.entries": ("?before=3",),
    "rooms.receipt": ("", "?head=1"),
    "rooms.since": ("?after=-1",),
}
BODIES = {
    "rooms.post": (("body", "hello"), ("audience", "0" * 16)),
    "rooms.keep_draft": {"text": "a draft"},
    "rooms.mark_read": {"seq": 0},
    "api.post": {"body": "hello"},
    "api.file": Upload("hello.txt", 5),
}
RECIPIENT = (("recipient", "age1j6rjje3w5erchmqux0wrmgdxk57fga7rpcc4ehfvmkamgzc06pdskr46l3"),)


def tell(stage: Stage, rules: list[Rule], private: Private) -> World:
    """Three chapters, an epoch after each of the first two, an end that none has sealed yet, and the closing."""
    world = World(stage, private)
    world.await_stamps()
    with world.connections() as wires:
        for chapter in range(PAUSES):
            tell_chapter(world, wires, chapter)
            looks = private.busy and chapter == 1
            before = collect(world, rules) if looks else []
            in_private(world, wires, chapter)
            if looks:
                world.around = list(zip(before, collect(world, rules), strict=True))
            if chapter < PAUSES - 1:
                world.seal()
        fence = world.say("neus", world.rooms["own joint"], "The end")
        world.until(wires, "entry", fence["id"])
        world.kept += collect(world, rules, methods=("GET", "HEAD"))
        world.kept += collect(world, rules, person="basile")
        world.kept += write(world)
        world.refused = refusals(world, rules, wires["page"])
        close(world, wires)
        world.kept += collect(world, rules, moment=", closed")
    return world


def tell_chapter(world: World, wires: dict[str, Wire], chapter: int) -> None:
    """What Bruno sees: all that is told, and live, before it goes on."""
    joint, own = world.rooms["own joint"], world.rooms["own caucus"]
    said = world.say("ada", joint, f"Chapter {chapter}")
    filed = world.file("bruno", joint, Upload(f"exhibit-{chapter}.txt", 2000 + chapter, b"b"))
    mine = world.say("bruno", own, f"Between us {chapter}")
    if chapter == 0:
        entries = [each["id"] for each in world.listed("bruno", joint) if each.get("exhibit")]
        world.shown = {
            "case_id": [world.story.case],
            "entry_id": [said["id"], *entries, mine["id"]],
            "exhibit_id": [filed["id"]],
            "participant_id": [world.story.participants["Ada"]],
            "erasure_id": [new_id()],
            "digest": [world.key_digest()],
        }
        world.hidden = {"room_id": world.rooms["adas caucus"]}
    wires["program"].ask("read", {"room": joint, "seq": 3 + chapter})
    wires["page"].ask("since", {"room": joint, "seq": 2})
    for each in range(world.private.joint if chapter == 0 else 0):
        world.say("neus", joint, f"Besides {each}")
    world.until(wires, "entry", mine["id"])


def in_private(world: World, wires: dict[str, Wire], chapter: int) -> None:
    """What Bruno must not learn of, in the rooms that only Ada's side (and in the caucus the neutral) reads."""
    caucus, private = world.rooms["adas caucus"], world.private
    for number in range(chapter, private.entries, PAUSES):
        text = f"{CANARY} {number}"
        if number % 2:
            world.say("ada", caucus, text)
        else:
            audience = world.stage.practice.audience(world.story.ada, caucus)
            assert '"ok":true' in wires["ada"].ask("post", {"room": caucus, "body": text, "audience": audience})
    if private.file and chapter == 0:
        filed = world.file("ada", caucus, Upload(f"{CANARY}.txt", private.file))
        world.hidden["exhibit_id"] = filed["id"]
    if private.entries and chapter == 0:
        world.hidden["entry_id"] = next(
            each["id"] for each in world.listed("ada", caucus) if each["kind"] == "message.posted"
        )
    if private.busy:
        be_busy(world, wires, chapter)


def be_busy(world: World, wires: dict[str, Wire], chapter: int) -> None:
    """Everything else that a person may do there."""
    caucus, team = world.rooms["adas caucus"], world.rooms["adas team"]
    ada, clara, neus = (world.people[name] for name in ("ada", "clara", "neus"))
    exhibit = world.hidden["exhibit_id"]
    for room in (caucus, team):
        wires["ada"].ask("typing", {"room": room, "on": True})
        wires["clara"].ask("read", {"room": room, "seq": 2})
        assert ada.open(f"/rooms/{room}/draft", "PUT", body={"text": f"{CANARY} to come"}).status == 200
        assert clara.open(f"/rooms/{room}/register", "POST").status == 200
        assert clara.open(f"/rooms/{room}").status == 200
    world.say("clara", team, f"{CANARY} among us")
    come_and_go(world, ["ada", "clara", "neus"])
    match chapter:
        case 0:
            invited = {"email": "expert@example.org", "name": CANARY, "role": "expert", "side_id": world.side_of_ada()}
            assert neus.call("POST", f"/cases/{world.story.case}/participants", body=invited).status == 201
            assert len(neus.call("GET", f"/exhibits/{exhibit}/content").body) == world.private.file
            assert clara.open(f"/exhibits/{exhibit}/content", "HEAD").status == 200
        case 1:
            pack = ada.call("GET", f"/cases/{world.story.case}/evidence?files=1")
            assert len(pack.body) > world.private.file, "her pack holds the file"
            assert clara.open(f"/cases/{world.story.case}/evidence/pack", "POST", body=RECIPIENT).status == 200
            assert neus.open(f"/exhibits/{exhibit}/evidence").status == 200
        case 2:
            erase(world)


def erase(world: World) -> None:
    form = (("basis", "request"), ("reason", f"{CANARY}: she asked for it"), ("code", world.code("ada")))
    answer = world.people["ada"].open(f"/entries/{world.hidden['entry_id']}/erase", "POST", body=form)
    assert answer.status == 303, answer.body.decode()
    world.hidden["erasure_id"] = dict(answer.headers)["Location"].rpartition("/")[2]
    assert "item.erased" in [each["kind"] for each in world.listed("ada", world.rooms["adas caucus"])]


def close(world: World, wires: dict[str, Wire]) -> None:
    """The neutral closes the case, which seals its last epoch."""
    answer = world.people["neus"].open(
        f"/cases/{world.story.case}/closing", "POST", body=(("code", world.code("neus")),)
    )
    assert answer.status == 303, answer.body.decode()
    world.until(wires, "entry", f'"room":"{world.rooms["own joint"]}","seq":{world.size("own joint") - 1},')
    world.await_stamps()


def come_and_go(world: World, names: list[str]) -> None:
    """Second pages of people who are there already, opened and closed again until the server has noticed."""
    extra = [
        Wire(world.stage.server.origin).join({"token": getattr(world.story, name).token, "case": world.story.case})
        for name in names
    ]
    for wire in extra:
        wire.drop()
    time.sleep(PERIOD + 0.5)


# --- what Bruno and his counsel ask for ---


def addresses(world: World, rules: list[Rule], person: str) -> Iterator[tuple[str, str]]:
    """Every address that answers a GET, with all that one may put in it, and a name for it that is no id."""
    shown = world.shown | {"room_id": world.rooms_of(person)}
    for rule in rules:
        if "GET" not in rule.methods or (rule.endpoint in OPEN_ENDPOINTS and rule.endpoint not in TELLING):
            continue
        names = sorted(rule.arguments)
        for choice in product(*(enumerate(shown[name]) for name in names)):
            values = {name: value for name, (_, value) in zip(names, choice, strict=True)}
            for query in QUERIES.get(rule.endpoint, ("",)):
                yield built(rule, values) + query, f"{rule.rule}{query} {[place for place, _ in choice]}"


def built(rule: Rule, values: dict[str, str]) -> str:
    found = rule.build(values, append_unknown=False)
    assert found is not None, f"{rule} takes none of {sorted(values)}"
    return found[1]


def collect(
    world: World, rules: list[Rule], *, person: str = "bruno", methods: tuple[str, ...] = ("GET",), moment: str = ""
) -> list[Answer]:
    """What answers somebody now, from everywhere."""
    moment += "" if person == "bruno" else f", {person}"
    return [
        world.people[person].ask(method, address, name=name + moment)
        for address, name in addresses(world, rules, person)
        for method in methods
    ]


def write(world: World) -> list[Answer]:
    """What answers him when he writes, with success and without."""
    joint, own = world.rooms["own joint"], world.rooms["own caucus"]
    stale, case = (("body", "hello"), ("audience", "0" * 16)), world.story.case
    asked = (
        ("POST", f"/rooms/{joint}/register", "check", None),
        ("POST", f"/rooms/{own}/register", "check of his own", None),
        ("POST", f"/cases/{case}/evidence/pack", "encrypted pack", RECIPIENT),
        ("POST", f"/rooms/{joint}/messages", "to readers of yesterday", stale),
        ("POST", f"/api/v1/rooms/{joint}/messages", "to nobody in particular", {"body": "hello"}),
        ("PUT", f"/rooms/{joint}/draft", "draft", {"text": "a draft"}),
        ("PUT", f"/rooms/{joint}/read", "read", {"seq": 4}),
    )
    return [world.bruno.ask(method, address, name=name, body=body) for method, address, name, body in asked]


def refusals(world: World, rules: list[Rule], page: Wire) -> list[tuple[Answer, Answer]]:
    """For each address and event of a thing: the answer for Ada's, and the one for a thing that is not."""
    nothing = {name: new_id() for name in world.hidden}
    found = []
    for rule in rules:
        if rule.endpoint in OPEN_ENDPOINTS or not (rule.arguments & world.hidden.keys()):
            continue
        for method in sorted(rule.methods - {"OPTIONS"}):
            pair = []
            for things in (world.hidden, nothing):
                values = {"case_id": world.story.case, **things}
                if rule.arguments <= values.keys():
                    address = built(rule, values) + QUERIES.get(rule.endpoint, ("",))[0]
                    pair.append(world.bruno.ask(method, address, name=rule.rule, body=BODIES.get(rule.endpoint)))
            found += [tuple(pair)] if pair else []
    for event in EVENTS:
        acks = [page.ask(event, {"room": each, **PAYLOADS[event]}) for each in (world.hidden["room_id"], new_id())]
        found.append(tuple(Answer(f"event {event}", 0, [], ack.encode()) for ack in acks))
    return found
