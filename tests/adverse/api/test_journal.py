"""A process reads the journal of another process that has ended."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_threadcopy.api.journal import Journal


@pytest.fixture
def journal() -> Iterator[Journal]:
    """A journal of this process."""
    journal = Journal()
    yield journal
    journal.remove()


def in_another_process(journal: Journal, *entries: dict[str, str]) -> None:
    """Let a forked process write entries, and end without a clean-up."""
    child = os.fork()
    if child == 0:
        for entry in entries:
            journal.writer("staging", "second")(**entry)
        os._exit(9)
    os.waitpid(child, 0)


def left_in(journal: Journal) -> list[str]:
    left = journal.left_by_others()
    assert all((entry["deployment"], entry["who"]) == ("staging", "second") for entry in left)
    return [str(entry.get("made") or entry["begun"]) for entry in left]


@pytest.fixture(autouse=True)
def only_where_processes_fork() -> None:
    if not hasattr(os, "fork"):
        pytest.skip("Windows does not fork")


def test_a_thread_that_another_process_did_not_delete_is_left(journal: Journal) -> None:
    in_another_process(journal, {"made": "a"}, {"made": "b"}, {"deleted": "a"})
    assert left_in(journal) == ["b"]


def test_a_thread_that_another_process_made_again_is_left(journal: Journal) -> None:
    in_another_process(journal, {"made": "a"}, {"deleted": "a"}, {"made": "a"})
    assert left_in(journal) == ["a"]


def test_an_open_request_of_another_process_is_left(journal: Journal) -> None:
    in_another_process(journal, {"begun": "1"}, {"begun": "2"}, {"ended": "1"})
    assert left_in(journal) == ["2"]


def test_the_entries_of_this_process_are_not_left_by_others(journal: Journal) -> None:
    journal.writer("staging", "first")(made="a")
    assert journal.left_by_others() == []


def test_a_line_that_was_cut_short_is_skipped(journal: Journal) -> None:
    in_another_process(journal, {"made": "a"})
    (file,) = Path(str(journal.folder)).iterdir()
    file.write_bytes(file.read_bytes() + b'{"made": "b')
    assert left_in(journal) == ["a"]


def test_an_unwritten_entry_can_be_sent_to_another_journal(tmp_path: Path) -> None:
    elsewhere, here = Journal(str(tmp_path / "on another machine")), Journal()
    elsewhere.writer("staging", "second")(made="a")
    here.received += elsewhere.unwritten
    assert left_in(here) == ["a"]
    here.remove()


def test_a_journal_without_a_folder_writes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    journal = Journal("")  # as in a worker whose controller could make no folder
    journal.writer("staging", "second")(made="a")
    assert journal.unwritten == [{"made": "a", "deployment": "staging", "who": "second"}]
    assert list(tmp_path.iterdir()) == []


def test_remove_deletes_the_folder(journal: Journal) -> None:
    in_another_process(journal, {"made": "a"})
    journal.remove()
    assert not Path(str(journal.folder)).exists()
    assert journal.left_by_others() == []
