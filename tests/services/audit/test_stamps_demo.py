"""The sample practice is stamped by an authority of its own, and does without where there is none to be had."""

import pytest

from caseroom.audit.stamps.asking import Authority, TsaUnreachable, obtain
from caseroom.audit.stamps.authorities import trusted_roots
from caseroom.audit.stamps.tokens import Verdict
from caseroom.config import load_settings
from caseroom.demo.stamping import UNSTAMPED, stamped


def test_the_demo_has_a_local_authority_for_as_long_as_it_runs(tmp_path):
    settings = load_settings({"CASEROOM_DATA": str(tmp_path)}, demo=True)
    assert settings.tsa_urls == ()
    with stamped(settings) as (served, told):
        assert told == ""
        authority, roots = Authority(served.tsa_urls[0]), trusted_roots(served)
        assert obtain(authority, b"a note\n", roots=roots).checked.state is Verdict.GOOD
    with pytest.raises(TsaUnreachable):
        obtain(authority, b"a note\n", roots=roots)


def test_the_demo_uses_the_authority_that_is_configured(tmp_path):
    with stamped(load_settings({"CASEROOM_DATA": str(tmp_path)})) as (local, _):
        pass
    with stamped(local) as (served, told):
        assert (served, told) == (local, "")


def test_without_openssl_the_demo_goes_on_unstamped_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    settings = load_settings({"CASEROOM_DATA": str(tmp_path)}, demo=True)
    with stamped(settings) as (served, told):
        assert (served, told) == (settings, UNSTAMPED)
    assert "openssl" in UNSTAMPED
    assert "\n" not in UNSTAMPED
