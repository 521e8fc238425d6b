from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pyotp

from caseroom.accounts.totp import draw_qr, matching_step, new_totp_secret, offer_totp, read_totp_code

NOON = datetime(2026, 3, 19, 12, 0, 10, tzinfo=UTC)


def test_codes_are_those_of_rfc_6238():
    # RFC 6238 appendix B, SHA-1, last six digits of the eight.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    published = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 20000000000: "353130"}
    for seconds, code in published.items():
        at = datetime.fromtimestamp(seconds, UTC)
        assert matching_step(secret, code, at=at) == seconds // 30


def test_a_code_counts_one_step_early_and_late_and_no_further():
    secret = new_totp_secret()
    for steps, counts in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        moment = NOON + timedelta(seconds=30 * steps)
        step = matching_step(secret, pyotp.TOTP(secret).at(moment), at=NOON)
        assert step == (int(moment.timestamp()) // 30 if counts else None), steps


def test_a_secret_has_160_bits():
    assert len(pyotp.TOTP(new_totp_secret()).byte_secret()) == 20


def test_a_code_is_read_with_spaces_and_nothing_else():
    assert read_totp_code(" 123 456 ") == "123456"
    for typed in ("", "12345", "1234567", "12345a", "١٢٣٤٥٦", "\u00b2" * 6, "\ud800"):
        assert read_totp_code(typed) is None, typed


def test_the_link_names_the_practice_and_the_address():
    offer = offer_totp(new_totp_secret(), email="ada@example.org", issuer="Centre: Valmoncel & Cie")
    link = urlsplit(offer.uri)
    assert (link.scheme, link.netloc) == ("otpauth", "totp")
    assert parse_qs(link.query)["secret"] == [offer.secret]
    assert parse_qs(link.query)["issuer"] == ["Centre  Valmoncel & Cie"]
    assert pyotp.parse_uri(offer.uri).name == "ada@example.org"


def test_the_drawing_passes_a_strict_content_policy_and_is_black():
    drawing = draw_qr("otpauth://totp/x?secret=<&>\"'")
    root = ET.fromstring(drawing)  # noqa: S314 -- our own drawing
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    elements = list(root.iter())
    assert {element.tag.rpartition("}")[2] for element in elements} == {"svg", "path"}
    assert not [name for element in elements for name in element.attrib if name == "style" or name.startswith("on")]
    assert {element.get("stroke") for element in elements[1:]} == {"#000"}
