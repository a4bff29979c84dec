"""Folders that the tests of the command work in."""

import pytest


@pytest.fixture
def root(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    return folder


@pytest.fixture
def dest(archive):
    return ["--dest", f"file://{archive}"]
