"""``python -m caseroom purge``: what an operator and a machine read of it."""

import json

from caseroom.cli import main


def test_the_command_says_what_it_did_and_what_it_would_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CASEROOM_DATA", str(tmp_path / "data"))
    assert main(["purge", "--dry-run"]) == 0
    assert capsys.readouterr().out.startswith("nothing was done")
    assert main(["purge", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["dry_run"], report["failed"], report["keys"]) == (False, 0, 0)


def test_a_delay_out_of_reason_is_refused_at_the_start(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CASEROOM_DATA", str(tmp_path / "data"))
    for name in ("CASEROOM_KEY_BACKUP_DAYS", "CASEROOM_KEY_DAYS_AFTER_CLOSING"):
        with monkeypatch.context() as patched:
            patched.setenv(name, "3651")
            assert main(["purge"]) == 2
            assert name in capsys.readouterr().err
