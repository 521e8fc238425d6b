"""Settings: what is read, and what makes the process refuse to start."""

import dataclasses

import pytest

from caseroom.config import ConfigError, load_settings


def load(**environ):
    return load_settings({f"CASEROOM_{name}": value for name, value in environ.items()})


def test_without_any_setting_an_instance_serves_this_machine_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load_settings({})
    assert (settings.origin, settings.bind_host, settings.bind_port) == ("http://127.0.0.1:8000", "127.0.0.1", 8000)
    assert settings.data == tmp_path / "var"
    assert settings.database_url == f"sqlite:///{tmp_path}/var/caseroom.db"
    assert not settings.testing
    assert not settings.demo


def test_the_server_signs_itself_unless_a_socket_is_named():
    settings = load(DATA="/srv/room")
    assert (settings.signer_socket, str(settings.signer_folder)) == (None, "/srv/room/signer")
    settings = load(DATA="/srv/room", SIGNER="unix:/run/signer/socket", SIGNER_DATA="/srv/signer")
    assert (str(settings.signer_socket), str(settings.signer_folder)) == ("/run/signer/socket", "/srv/signer")


@pytest.mark.parametrize(
    "stated", ["/run/signer/socket", "unix:run/socket", "unix:", "tcp:127.0.0.1:9", "unix:/" + "é" * 50, "unix:/a\0b"]
)
def test_a_signer_that_is_no_socket_of_this_machine_is_refused(stated):
    with pytest.raises(ConfigError, match="CASEROOM_SIGNER"):
        load(SIGNER=stated)
    assert load(SIGNER="unix:/" + "é" * 49 + "e").signer_socket


def test_settings_cannot_be_changed_once_read():
    with pytest.raises(dataclasses.FrozenInstanceError):
        load().origin = "https://elsewhere.example"


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        ("https://rooms.example.org", "https://rooms.example.org"),
        ("https://rooms.example.org/", "https://rooms.example.org"),
        ("https://Rooms.Example.ORG", "https://rooms.example.org"),
        ("https://rooms.example.org:443", "https://rooms.example.org"),
        ("https://rooms.example.org:8443", "https://rooms.example.org:8443"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://[2001:DB8::1]", "https://[2001:db8::1]"),
    ],
)
def test_the_origin_is_read_in_the_form_that_browsers_send(stated, read):
    settings = load(ORIGIN=stated)
    assert settings.origin == read
    assert settings.host == read.partition("//")[2]


@pytest.mark.parametrize(
    "stated",
    [
        "rooms.example.org",
        "ftp://rooms.example.org",
        "https://",
        "https://rooms.example.org/app",
        "https://rooms.example.org?x=1",
        "https://rooms.example.org#x",
        "https://ada@rooms.example.org",
        "https://:pw@rooms.example.org",
        "https://rooms.example.org:99999",
        "https://rooms.example.org:http",
        "https://rooms example.org",
        "https://rooms+1.example.org",
        "https://[::1",
        "javascript:alert(1)",
        "*",
    ],
)
def test_what_is_no_origin_is_refused_by_its_name(stated):
    with pytest.raises(ConfigError, match="CASEROOM_ORIGIN"):
        load(ORIGIN=stated)


@pytest.mark.parametrize(
    "host", ["rooms.example.org", "192.168.1.5", "10.0.0.1", "[2001:db8::1]", "localhost.example.org"]
)
def test_plain_http_is_refused_for_any_other_machine(host):
    with pytest.raises(ConfigError, match="http only on this machine"):
        load(ORIGIN=f"http://{host}")
    assert load(ORIGIN=f"https://{host}").https


@pytest.mark.parametrize(
    ("stated", "host", "port", "origin"),
    [
        ("0.0.0.0:80", "0.0.0.0", 80, "http://127.0.0.1"),  # noqa: S104
        ("127.0.0.1:9000", "127.0.0.1", 9000, "http://127.0.0.1:9000"),
        ("localhost:9000", "localhost", 9000, "http://localhost:9000"),
        ("[::1]:9000", "::1", 9000, "http://[::1]:9000"),
        ("[::]:9000", "::", 9000, "http://127.0.0.1:9000"),
    ],
)
def test_the_place_to_listen_gives_the_origin_where_none_is_stated(stated, host, port, origin):
    settings = load(BIND=stated)
    assert (settings.bind_host, settings.bind_port, settings.origin) == (host, port, origin)


@pytest.mark.parametrize(
    "stated", ["", "8000", ":8000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "a:²", "a:-1"]
)
def test_what_is_no_place_to_listen_is_refused_by_its_name(stated):
    with pytest.raises(ConfigError, match="CASEROOM_BIND"):
        load(BIND=stated)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ASYNC", "twisted"),
        ("LOCALE", "de"),
        ("EPOCH_SECONDS", "0"),
        ("EPOCH_SECONDS", "-60"),
        ("EPOCH_SECONDS", "1h"),
        ("EPOCH_SECONDS", "٣٦٠٠"),
        ("EPOCH_SECONDS", "6²"),
        ("MAX_EXHIBIT_BYTES", "0"),
        ("MAX_EXHIBIT_BYTES", "2 GB"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "all"),
        ("TESTING", "yes"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_name(name, value):
    with pytest.raises(ConfigError, match=f"CASEROOM_{name}"):
        load(**{name: value})


def test_epochs_shorter_than_a_minute_need_the_mark_of_a_test():
    with pytest.raises(ConfigError, match="CASEROOM_TESTING"):
        load(EPOCH_SECONDS="59")
    assert load(EPOCH_SECONDS="60").epoch_seconds == 60
    assert load(EPOCH_SECONDS="1", TESTING="1").epoch_seconds == 1


def test_a_folder_is_found_from_home_and_made_absolute(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = load(DATA="~/rooms")
    assert settings.data == tmp_path / "rooms"
    for folder in (settings.keys_folder, settings.objects_folder, settings.signer_folder):
        assert folder.parent == settings.data


def test_a_mode_that_cannot_serve_is_for_tests_alone():
    with pytest.raises(ConfigError, match="CASEROOM_ASYNC"):
        load(ASYNC="threading")
    assert load(ASYNC="threading", TESTING="1").async_mode == "threading"
