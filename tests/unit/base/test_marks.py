"""What a data folder remembers: a sample never becomes real, nor a real one a sample."""

from dataclasses import replace

import pytest

from caseroom.config import load_settings
from caseroom.marks import DataFolderMisused, mark_data_folder, read_marks


@pytest.fixture
def settings(tmp_path):
    return load_settings({"CASEROOM_DATA": str(tmp_path / "data")})


def test_a_folder_made_for_real_files_never_serves_the_demo(settings):
    mark_data_folder(settings)
    with pytest.raises(DataFolderMisused, match="real"):
        mark_data_folder(replace(settings, demo=True))
    mark_data_folder(settings)
    assert read_marks(settings.data) == {"use": "real", "testing": False}


def test_a_folder_made_for_the_demo_never_serves_real_files(settings):
    mark_data_folder(replace(settings, demo=True))
    with pytest.raises(DataFolderMisused, match="demo"):
        mark_data_folder(settings)


def test_the_demo_takes_no_folder_with_something_in_it_and_a_real_instance_does(settings):
    settings.data.mkdir()
    (settings.data / "caseroom.db").write_bytes(b"files of a practice that were there before the mark was invented")
    with pytest.raises(DataFolderMisused, match="not empty"):
        mark_data_folder(replace(settings, demo=True))
    assert read_marks(settings.data)["use"] == "real"
    mark_data_folder(settings)


def test_a_folder_that_once_was_a_test_stays_one(settings):
    mark_data_folder(settings)
    mark_data_folder(replace(settings, testing=True))
    mark_data_folder(settings)
    assert read_marks(settings.data) == {"use": "real", "testing": True}


def test_the_folder_is_for_its_owner_alone(settings):
    mark_data_folder(settings)
    assert settings.data.stat().st_mode & 0o077 == 0
