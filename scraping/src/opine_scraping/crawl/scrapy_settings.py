"""Scrapy's settings, from ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opine_scraping.politeness import user_agent
from opine_scraping.robots import PRODUCT

if TYPE_CHECKING:
    from opine_scraping.settings import Settings

_CACHE = "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware"


def scrapy_settings(settings: Settings, crawl_delay_s: float) -> dict[str, Any]:
    delay_s = max(settings.delay_s, crawl_delay_s) if settings.throttle else 0
    return {
        "USER_AGENT": user_agent(settings.contact),
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_USER_AGENT": PRODUCT,
        "CONCURRENT_REQUESTS": 1,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": delay_s,
        "DOWNLOAD_DELAY_JITTER": 0,  # it would also go below the site's Crawl-delay
        "AUTOTHROTTLE_ENABLED": settings.throttle,
        "AUTOTHROTTLE_START_DELAY": delay_s,
        "AUTOTHROTTLE_MAX_DELAY": max(settings.max_delay_s, delay_s),
        "AUTOTHROTTLE_TARGET_CONCURRENCY": 1.0,
        "DOWNLOAD_TIMEOUT": settings.timeout_s,
        "RETRY_TIMES": settings.retries,
        "RETRY_HTTP_CODES": [500, 502, 503, 504, 520, 522, 524, 408],  # 429 is not retried but waited for
        "HTTPERROR_ALLOW_ALL": True,  # the spider reports them
        "COOKIES_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "LOG_INSTALL_ROOT_HANDLER": False,
        "LOG_VERSIONS": [],
        "DOWNLOADER_MIDDLEWARES": {
            "opine_scraping.crawl.heed.HeedTheSite": 560,  # sees unpacked answers, before the retries do
            _CACHE: 580,  # keeps unpacked answers
        },
        "HTTPCACHE_ENABLED": settings.cache_dir is not None,
        "HTTPCACHE_DIR": str(settings.cache_dir.resolve()) if settings.cache_dir else "",
        "HTTPCACHE_STORAGE": "opine_scraping.crawl.cache.AnonymousStorage",
        "HTTPCACHE_EXPIRATION_SECS": int(settings.cache_hours * 3600),
        "HTTPCACHE_IGNORE_HTTP_CODES": list(range(201, 600)),
        "OPINE_WAIT_S": settings.wait_s,
        "OPINE_LONGEST_WAIT_S": settings.longest_wait_s,
        "OPINE_WAITS": settings.waits,
    }
