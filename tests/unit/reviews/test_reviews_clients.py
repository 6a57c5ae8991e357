import datetime as dt

import pytest
from opine_reviews.privacy import hash_client, user_agent_family

DAY = dt.date(2026, 11, 24)

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


def test_a_client_is_the_same_within_a_day() -> None:
    assert hash_client(b"key", DAY, "192.0.2.7") == hash_client(b"key", DAY, "192.0.2.7")
    assert len(hash_client(b"key", DAY, "192.0.2.7")) == 32


@pytest.mark.parametrize(
    ("key", "day", "address"),
    [(b"yek", DAY, "192.0.2.7"), (b"key", DAY + dt.timedelta(days=1), "192.0.2.7"), (b"key", DAY, "192.0.2.8")],
)
def test_another_key_day_or_address_is_another_client(key: bytes, day: dt.date, address: str) -> None:
    assert hash_client(key, day, address) != hash_client(b"key", DAY, "192.0.2.7")


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        (CHROME, "Chrome"),
        (f"{CHROME} Edg/142.0.0.0", "Edge"),
        (f"{CHROME} OPR/124.0.0.0", "Opera"),
        (f"{IPHONE} Version/18.0 Mobile/15E148 Safari/604.1", "Safari"),
        (f"{IPHONE} CriOS/142.0 Mobile/15E148 Safari/604.1", "Chrome"),
        (f"{IPHONE} FxiOS/140.0 Mobile/15E148 Safari/605.1.15", "Firefox"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox"),
        (f"{CHROME} SamsungBrowser/28.0", "Samsung Internet"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Bot"),
        ("curl/8.9.1", "curl"),
        ("python-requests/2.32", "Python"),
        ("something of my own", "Other"),
        ("", "Unknown"),
        ("  ", "Unknown"),
    ],
)
def test_only_the_family_of_a_user_agent_is_kept(agent: str, family: str) -> None:
    assert user_agent_family(agent) == family
