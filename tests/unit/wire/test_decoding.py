"""How the lines of a stream become events."""

import pytest

from pytest_threadcopy.wire.decoding import server_sent_events


@pytest.mark.parametrize(
    ("lines", "events"),
    [
        (["event: values", 'data: {"a": 1}', ""], [("values", '{"a": 1}')]),
        (["event:end", "data:null", ""], [("end", "null")]),
        (["event: values", 'data: {"a":', "data: 1}", ""], [("values", '{"a":\n1}')]),
        (["event: end", ""], [("end", "")]),
        (["event: a", "data: 1", "", "", "event: b", "data: 2", ""], [("a", "1"), ("b", "2")]),
        ([": heartbeat", "", "id: 7", "event: a", "retry: 5", "data: 1", ""], [("a", "1")]),
    ],
    ids=["one", "no space", "two lines of data", "no data", "two events", "comment and other fields"],
)
def test_an_event_has_a_name_and_data(lines: list[str], events: list[tuple[str, str]]) -> None:
    assert list(server_sent_events(lines)) == events


def test_an_event_without_a_name_is_skipped() -> None:
    assert list(server_sent_events(["data: 1", "", "event: a", "data: 2", ""])) == [("a", "2")]


def test_an_event_that_is_cut_short_is_skipped() -> None:
    assert list(server_sent_events(["event: a", "data: 1", "", "event: b", "data: {"])) == [("a", "1")]


def test_an_event_is_there_as_soon_as_it_ends() -> None:
    lines = iter(["event: a", "data: 1", "", "event: b"])
    assert next(server_sent_events(lines)) == ("a", "1")
    assert next(lines) == "event: b"
