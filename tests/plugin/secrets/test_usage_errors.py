"""An error about an option does not show the secret in its value."""

import pytest

from tests.lab.runs import run_pytest
from tests.plugin.secrets.canaries import CUSTOM, KEY, MARKED, PASSWORD, found_below, found_in

SECRET = CUSTOM.text
WRONG_URLS = {
    "a port that is none": f"http://someone:{SECRET}/of@host.example",
    "no scheme": f"someone:{SECRET}@host.example",
    "another scheme": f"ftp://someone:{SECRET}@host.example",
    "a space": f"http://someone:{SECRET} more@host.example",
    "a number sign in the password": f"http://someone:{SECRET}#more@host.example",
    "a question mark in the password": f"http://someone:{SECRET}?more@host.example",
    "a bracket in the password": f"http://someone:[{SECRET}@host.example",
    "a key in the query": f"https://host.example/?api_key={SECRET}",
    "a line end": f"http://someone:{SECRET}\n@host.example",
    "a name with it": f"staging=http://someone:{SECRET}/of@host.example",
    "a port beyond": f"http://someone:{SECRET}@host.example:99999999",
    "an address that is none": f"http://someone:{SECRET}@127.0.0.256",
    "a host of letters that are none": f"http://someone:{SECRET}@ho\u2100st",
    "no host": f"http://someone:{SECRET}@",
}
WRONG_HEADERS = {
    "no colon": SECRET,
    "a bad name": f"x api key: {SECRET}",
    "a bad value": f"x-api-key: {SECRET}é",
    "the key alone, with a colon": f"{SECRET}:",
}


def output_of(pytester: pytest.Pytester, *options: str, **environment: str) -> str:
    """Run pytest with a usage error, and return its output and the content of its files."""
    pytester.makepyfile(test_it="def test_it(deployment): pass")
    result = run_pytest(pytester.path, "test_it.py", *options, **environment)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert found_below(pytester.path) == {}
    output = "\n".join(result.outlines + result.errlines)
    assert "Traceback" not in output
    return output


@pytest.mark.parametrize("url", WRONG_URLS.values(), ids=WRONG_URLS)
def test_a_wrong_url_is_reported_without_its_user_info(pytester: pytest.Pytester, url: str) -> None:
    output = output_of(pytester, DEPLOYMENT_URL=url)
    assert "DEPLOYMENT_URL" in output
    assert found_in(output) == []


@pytest.mark.parametrize("url", WRONG_URLS.values(), ids=WRONG_URLS)
def test_a_wrong_url_in_an_ini_file_is_reported_without_its_user_info(
    pytester: pytest.Pytester, url: str
) -> None:
    # The name keeps the file out of the search, since the user wrote the secret there.
    (pytester.path / "given.ini").write_text(f"[pytest]\ndeployment_url = {url}\n")
    assert found_in(output_of(pytester, "-c", "given.ini")) == []


@pytest.mark.parametrize(
    "option", ["--threadcopy-headers", "--threadcopy-second-headers", "--threadcopy-secrets"]
)
@pytest.mark.parametrize("value", ["", "x-api-key: "])
def test_a_secret_in_the_place_of_a_file_is_not_repeated(
    pytester: pytest.Pytester, option: str, value: str
) -> None:
    output = output_of(pytester, f"{option}={value}{KEY.text}", "--deployment-url=http://127.0.0.1:9")
    assert option in output
    assert found_in(output) == []


@pytest.mark.parametrize("content", WRONG_HEADERS.values(), ids=WRONG_HEADERS)
def test_wrong_headers_are_reported_without_their_values(pytester: pytest.Pytester, content: str) -> None:
    (pytester.path / "given.txt").write_text(content)
    output = output_of(pytester, "--threadcopy-headers=given.txt", "--deployment-url=http://127.0.0.1:9")
    output += output_of(pytester, "--deployment-url=http://127.0.0.1:9", DEPLOYMENT_HEADERS=content)
    output += output_of(pytester, "--deployment-url=http://127.0.0.1:9", DEPLOYMENT_SECOND_HEADERS=content)
    assert found_in(output) == []


def test_a_wrong_key_is_not_shown(pytester: pytest.Pytester) -> None:
    assert (
        found_in(output_of(pytester, DEPLOYMENT_URL="http://127.0.0.1:9", DEPLOYMENT_API_KEY=f"{SECRET}é"))
        == []
    )


def test_secrets_that_are_no_text_are_not_shown(pytester: pytest.Pytester) -> None:
    (pytester.path / "given.txt").write_bytes(b"\xff" + MARKED.text.encode("utf-16"))
    output = output_of(pytester, "--threadcopy-secrets=given.txt", "--deployment-url=http://127.0.0.1:9")
    assert found_in(output) == []


def test_an_unreachable_address_is_reported_without_its_user_info(pytester: pytest.Pytester) -> None:
    output = output_of(pytester, DEPLOYMENT_URL=f"http://someone:{SECRET}@127.0.0.1:9")
    assert "http://127.0.0.1:9" in output
    assert found_in(output) == []


def test_a_user_name_without_a_password_is_a_secret(pytester: pytest.Pytester) -> None:
    assert found_in(output_of(pytester, DEPLOYMENT_URL=f"http://{SECRET}@127.0.0.1:9")) == []


def test_a_marked_part_of_the_address_is_not_shown(pytester: pytest.Pytester) -> None:
    url = f"http://127.0.0.1:9/of/{SECRET}"
    assert found_in(output_of(pytester, DEPLOYMENT_URL=url, THREADCOPY_SECRETS=SECRET)) == []


def test_a_proxy_is_reported_without_its_user_info(pytester: pytest.Pytester) -> None:
    proxy = f"http://someone:{PASSWORD.name}head@127.0.0.1:9"
    output = output_of(
        pytester, DEPLOYMENT_URL="http://deployment.example", HTTP_PROXY=proxy, http_proxy=proxy
    )
    assert found_in(output) == []
