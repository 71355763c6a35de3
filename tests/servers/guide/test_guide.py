"""The how-to "Copying Threads" in each language and on each server, and the faults of its check."""

from copy import deepcopy

import httpx
import pytest

from pytest_threadcopy import HistoriesDiffer, assert_histories_equal
from tests.servers.guide.languages import Guide, State

SAME = "The histories are the same."


def test_the_copy_is_a_new_thread(
    guide: Guide, server_url: str, thread_id: str, copied_thread_id: str
) -> None:
    assert copied_thread_id != thread_id
    httpx.get(f"{server_url}/threads/{copied_thread_id}").raise_for_status()


def test_a_run_on_the_copy_does_not_change_the_original(
    guide: Guide, thread_id: str, original_history: list[State]
) -> None:
    copied_thread_id = guide.copy(thread_id)

    guide.run(copied_thread_id)

    assert len(guide.history(copied_thread_id)) == 2 * len(original_history)
    assert guide.history(thread_id) == original_history


def test_the_guides_own_check_still_raises_its_false_alarm(
    guide: Guide, thread_id: str, copied_thread_id: str
) -> None:
    """If this fails, the guide or the server has changed.

    The check removes the thread id from `metadata` alone, but `checkpoint` and `parent_checkpoint` hold it
    too. `test_assert_histories_equal_accepts_the_faithful_copy` shows that the copy is faithful. In
    JavaScript, the check prints "the same" in spite of its alarm, and node exits with 0.
    """
    assert guide.verify(thread_id, copied_thread_id) == guide.alarm


def test_the_guides_own_check_passes_two_empty_histories(
    guide: Guide, empty_thread_ids: tuple[str, str]
) -> None:
    assert guide.verify(*empty_thread_ids) == SAME


@pytest.mark.parametrize("guide", ["curl"], indirect=True)
def test_the_guides_curl_check_passes_two_threads_that_do_not_exist(guide: Guide) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"

    assert guide.verify(unknown, unknown).endswith(SAME)


@pytest.mark.parametrize("guide", ["python", "javascript"], indirect=True)
def test_the_guides_sdk_lines_compare_the_newest_ten_checkpoints(guide: Guide, long_thread_id: str) -> None:
    history = guide.history(long_thread_id)

    assert len(history) == 12
    assert guide.page(long_thread_id) == history[:10]


@pytest.mark.parametrize(
    ("server_url", "default"), [("embedded_url", 1), ("javascript_url", 10)], indirect=["server_url"]
)
@pytest.mark.parametrize("guide", ["curl"], indirect=True)
def test_the_guides_curl_lines_compare_the_servers_default_page(
    guide: Guide, long_thread_id: str, default: int
) -> None:
    """On the reference server, this page has the newest checkpoint only."""
    history = guide.history(long_thread_id)

    assert len(history) == 12
    assert guide.page(long_thread_id) == history[:default]


def test_assert_histories_equal_accepts_the_faithful_copy(
    original_history: list[State], copied_history: list[State]
) -> None:
    assert_histories_equal(original_history, copied_history)


def test_assert_histories_equal_refuses_a_dropped_checkpoint(
    original_history: list[State], copied_history: list[State]
) -> None:
    newest, _dropped, *older = copied_history

    with pytest.raises(HistoriesDiffer):
        assert_histories_equal(original_history, [newest, *older])


def test_assert_histories_equal_refuses_a_changed_value(
    original_history: list[State], copied_history: list[State]
) -> None:
    changed = deepcopy(copied_history)
    changed[0]["values"]["messages"][0]["content"] = "ho"

    with pytest.raises(HistoriesDiffer, match=r"messages\[0\]\.content"):
        assert_histories_equal(original_history, changed)


def test_assert_histories_equal_refuses_two_empty_histories(
    guide: Guide, empty_thread_ids: tuple[str, str]
) -> None:
    original, copy = map(guide.history, empty_thread_ids)

    with pytest.raises(HistoriesDiffer, match="empty"):
        assert_histories_equal(original, copy)
