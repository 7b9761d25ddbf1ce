"""Pages are sent compressed, and how well a page is compressed tells nothing of the token in its forms."""

from tests.factories import Organisation
from tests.web.conftest import Site, page_of
from tests.web.reading import Page


def token_in(page: Page) -> str:
    """The token of a page's forms."""
    return next(form.fields["csrf"] for form in page.forms if form.action == "/sign-out")


async def test_no_two_pages_show_the_same_token_and_each_of_them_is_good(site: Site, org: Organisation) -> None:
    browser = site.browser(org, org.duane)
    answers = [await browser.get("/balances", **{"Accept-Encoding": "gzip"}) for _ in range(2)]

    assert [answer.headers["Content-Encoding"] for answer in answers] == ["gzip", "gzip"]
    tokens = [token_in(page_of(answer)) for answer in answers]
    assert len({*tokens, browser.csrf_token}) == 3
    for token in tokens:
        assert (await browser.post_form("/acting/end", csrf=token)).status_code == 303


async def test_a_token_that_was_tampered_with_is_refused(site: Site, org: Organisation) -> None:
    browser = site.browser(org, org.duane)
    token = token_in(await browser.page("/balances"))
    other_digit = "0" if token[-1] != "0" else "1"
    for wrong in (token[:-1] + other_digit, token[:-1] + "z", token[:64], "0" * 128, "", "é" * 128):
        assert (await browser.post_form("/acting/end", csrf=wrong)).status_code == 403, wrong


async def test_who_takes_nothing_compressed_gets_the_page_as_it_is(site: Site, org: Organisation) -> None:
    answer = await site.browser(org, org.duane).get("/balances", **{"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in answer.headers
