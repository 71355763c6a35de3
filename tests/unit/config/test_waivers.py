"""The file of known violations: what an entry may hold, and when it applies."""

import datetime
from pathlib import Path

import pytest

from pytest_threadcopy.config.waivers import KNOWN_VIOLATIONS, Waiver, read_waivers

IDS = ("NEW-01", "SAME-11")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "waivers.toml"


def test_an_entry_needs_only_an_id_and_a_reason(file: Path) -> None:
    file.write_text('[[waiver]]\nid = "NEW-01"\nreason = "known"')
    assert read_waivers(file, IDS) == [Waiver("NEW-01", "known")]


def test_an_entry_may_tell_more(file: Path) -> None:
    file.write_text(
        '[[waiver]]\nid = "NEW-01"\nreason = "known"\nversions = ">=1,<2"\nexpires = 2027-01-31\nsee = "curl"'
    )
    assert read_waivers(file, IDS) == [
        Waiver("NEW-01", "known", versions=">=1,<2", expires=datetime.date(2027, 1, 31), see="curl")
    ]


def test_an_empty_file_waives_nothing(file: Path) -> None:
    file.write_text("# nothing is known\n")
    assert read_waivers(file, IDS) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[waiver]", "cannot be read: "),
        ("\ud800", "cannot be read: "),
        ('[waiver]\nid = "NEW-01"', "must hold tables [[waiver]] and nothing else"),
        ('waiver = ["NEW-01"]', "must hold tables [[waiver]] and nothing else"),
        ('[[waivers]]\nid = "NEW-01"', "must hold tables [[waiver]] and nothing else"),
        ('[[waiver]]\nreason = "known"', "waiver (without id): id and reason are needed"),
        ('[[waiver]]\nid = "NEW-01"', "waiver NEW-01: id and reason are needed"),
        ('[[waiver]]\nid = "NEW-01"\nreason = " "', "waiver NEW-01: id and reason are needed"),
        ('[[waiver]]\nid = "NEW-01"\nreason = 1', "waiver NEW-01: id and reason are needed"),
        (
            '[[waiver]]\nid = "NEW-01"\nresaon = "known"',
            "waiver NEW-01: unknown key resaon; valid are deployment, ",
        ),
        ('[[waiver]]\nid = "NEW-1"\nreason = "known"', "no requirement has the id 'NEW-1'"),
        (
            '[[waiver]]\nid = "NEW-01"\nreason = "known"\nexpires = "tomorrow"',
            "waiver NEW-01: expires must be a date, such as 2027-01-31",
        ),
        (
            '[[waiver]]\nid = "NEW-01"\nreason = "known"\nexpires = 2027-01-31T00:00:00',
            "waiver NEW-01: expires must be a date, such as 2027-01-31",
        ),
        (
            '[[waiver]]\nid = "NEW-01"\nreason = "known"\nversions = "1.x"',
            "waiver NEW-01: versions must be a specifier such as \">=0.16\", not '1.x'",
        ),
    ],
)
def test_an_error_names_the_file_and_the_entry(file: Path, text: str, problem: str) -> None:
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(pytest.UsageError) as refused:
        read_waivers(file, IDS)
    assert str(refused.value).startswith(f"waivers: {file}")
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("versions", "server", "applies"),
    [
        ("", "0.16.7", True),
        ("", None, True),
        (">=0.16.7", "0.16.7", True),
        (">=0.16.7", "0.16.8rc1", True),
        (">=0.16.7", "0.16.6", False),
        (">=0.16,<0.17", "0.17.0", False),
        (">=0.16.7", None, False),
        (">=0.16.7", "the latest", False),
    ],
)
def test_versions_limit_an_entry_to_servers_known_to_be_of_them(
    versions: str, server: str | None, applies: bool
) -> None:
    assert Waiver("NEW-01", "known", versions=versions).applies_to("staging", server) is applies


def test_an_entry_may_be_for_one_of_several_deployments() -> None:
    waiver = Waiver("NEW-01", "known", deployment="staging")
    assert waiver.applies_to("staging", None)
    assert not waiver.applies_to("production", None)


def test_an_entry_holds_on_its_last_day_and_not_after() -> None:
    today = datetime.date.today()
    assert not Waiver("NEW-01", "known", expires=today).is_expired
    assert Waiver("NEW-01", "known", expires=today - datetime.timedelta(days=1)).is_expired


def test_each_known_violation_of_the_embedded_server_has_a_reason_versions_and_commands() -> None:
    from pytest_threadcopy.session.catalogue import read_catalogue

    known = read_waivers(KNOWN_VIOLATIONS, {row.id for row in read_catalogue()})
    assert known
    for waiver in known:
        assert waiver.reason.startswith("langgraph-api: ")
        assert waiver.versions
        assert "curl" in waiver.see
