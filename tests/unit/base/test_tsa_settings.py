"""The settings of time stamps: what is taken, and what the server refuses to start on, without repeating a password."""

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from caseroom.audit.stamps.authorities import Authorities, trusted_roots
from caseroom.config import ConfigError, load_settings

URL = "https://tsa.example.org/ts"


def certificate(*, ca=True, limited=True):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(start).not_valid_after(start + dt.timedelta(days=10_000))
    if limited:
        made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


@pytest.fixture
def roots(tmp_path):
    path = tmp_path / "roots.pem"
    path.write_text(certificate() + certificate())
    return path


def load(**environ):
    return load_settings({f"CASEROOM_{name}": str(value) for name, value in environ.items()})


def test_without_them_nothing_is_stamped():
    settings = load()
    assert (settings.tsa_urls, settings.tsa_roots, settings.tsa_pause) == ((), (), 0)


def test_one_or_two_authorities_with_their_roots_are_taken(roots):
    settings = load(TSA_URL=URL, TSA_ROOTS=roots)
    assert settings.tsa_urls == (URL,)
    assert len(trusted_roots(settings)) == 2
    two = load(TSA_URL="https://ada:pw@a.example/  http://b.example:8080/x?y=1", TSA_ROOTS=roots, TSA_PAUSE=15)
    assert (two.tsa_urls, two.tsa_pause) == (("https://ada:pw@a.example/", "http://b.example:8080/x?y=1"), 15)
    assert Authorities.of(two).first.label == "https://a.example/"


@pytest.mark.parametrize(
    "url",
    [
        "tsa.example.org",
        "ftp://tsa.example.org",
        "https://",
        "https://tsa.example.org:99999",
        "https://tsa.example.org:0",
        "https://tsa.example.org:port",
        "https://tsa.example.org/#part",
        "https://[::1",
        "https://tsa.exämple.org/",
        "https://tsa.example.org/\x7f",
        "http://ada:pw@tsa.example.org/",
        "http://ada@tsa.example.org/",
        f"{URL} {URL} {URL}",
    ],
)
def test_what_is_no_authority_is_refused_by_the_settings_name_and_not_repeated(url, roots):
    with pytest.raises(ConfigError, match="CASEROOM_TSA_URL") as refused:
        load(TSA_URL=url, TSA_ROOTS=roots)
    assert "pw" not in str(refused.value)
    assert "ada" not in str(refused.value)


def test_an_authority_without_roots_is_refused():
    with pytest.raises(ConfigError, match="needs CASEROOM_TSA_ROOTS"):
        load(TSA_URL=URL)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read"),
        ("", "no readable certificate"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no readable certificate"),
        (certificate(ca=False), "not the certificate of a root authority"),
        (certificate(limited=False), "not the certificate of a root authority"),
        (certificate() + certificate(ca=False), "not the certificate of a root authority"),
    ],
)
def test_roots_that_are_none_are_refused_with_the_mend(content, told, tmp_path):
    path = tmp_path / "roots.pem"
    if content is not None:
        path.write_text(content)
    for environ in ({"TSA_URL": URL, "TSA_ROOTS": path}, {"TSA_ROOTS": path}):
        with pytest.raises(ConfigError, match="it must be a PEM file with the root certificate") as refused:
            load(**environ)
        assert told in str(refused.value)


def test_an_authoritys_own_certificate_is_no_root(tmp_path):
    from caseroom.audit.stamps.local_authority import LocalAuthority

    authority = LocalAuthority(tmp_path / "tsa")
    authority.set_up()
    with pytest.raises(ConfigError, match="not the certificate of a root authority"):
        load(TSA_URL=URL, TSA_ROOTS=authority.folder / "tsa.pem")
    assert load(TSA_URL=URL, TSA_ROOTS=authority.roots_file).tsa_roots


def test_the_pause_is_a_number_of_seconds(roots):
    for pause in ("-1", "soon", "1.5"):
        with pytest.raises(ConfigError, match="CASEROOM_TSA_PAUSE"):
            load(TSA_URL=URL, TSA_ROOTS=roots, TSA_PAUSE=pause)


def test_credentials_do_not_show_where_settings_are_printed(roots):
    settings = load(TSA_URL="https://ada:s3cret@tsa.example.org/", TSA_ROOTS=roots)
    assert "s3cret" in settings.tsa_urls[0]
    assert "s3cret" not in repr(settings) + str(settings)
