import datetime as dt

import pytest
from opine_scraping.issues import Reason
from opine_scraping.middlewares import detect_block, retry_after_s

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("status", "headers", "text", "reason"),
    [
        (403, {}, "", Reason.FORBIDDEN),
        (401, {}, "", Reason.FORBIDDEN),
        (429, {"retry-after": "5"}, "", Reason.TOO_MANY_REQUESTS),
        (200, {"cf-mitigated": "challenge"}, "", Reason.CHALLENGE),
        (202, {"x-amzn-waf-action": "challenge"}, "", Reason.CHALLENGE),
        (503, {}, '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1">', Reason.CHALLENGE),
        (200, {}, "<script>window._cf_chl_opt={}</script>", Reason.CHALLENGE),
        (405, {}, '<div class="g-recaptcha" data-sitekey="x">', Reason.CHALLENGE),
    ],
)
def test_blocks(status: int, headers: dict[str, str], text: str, reason: Reason) -> None:
    found = detect_block(status, headers, text)
    assert found is not None
    assert found.reason is reason


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (200, "<p>A captcha asked me three times, a real challenge.</p>"),
        (200, '<form><div class="g-recaptcha"></div></form>'),
        (200, "<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>"),
        (404, ""),
        (500, ""),
    ],
)
def test_other_answers_are_no_blocks(status: int, text: str) -> None:
    assert detect_block(status, {"server": "cloudflare"}, text) is None


@pytest.mark.parametrize(
    ("status", "said", "wait_s"),
    [
        (429, "7", 7.0),
        (503, "7", 7.0),
        (429, "Tue, 24 Nov 2026 12:01:00 GMT", 60.0),
        (429, "Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        (429, "", 30.0),
        (429, "soon", 30.0),
        (429, "-5", 30.0),
        (503, "", None),
        (200, "7", None),
        (403, "7", None),
    ],
)
def test_retry_after(status: int, said: str, wait_s: float | None) -> None:
    headers = {"retry-after": said} if said else {}
    assert retry_after_s(status, headers, NOW, default_s=30.0) == wait_s
