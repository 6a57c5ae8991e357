// What is the same on every page: a page change for someone who does not see it, arrow keys through the brands, and
// what Dash calls in the browser. Loaded after the composer, by its name.
(() => {
  let firstPage = true;
  // The address that the page on the screen is of.
  let shownAddress = null;

  const announcePage = ({ title, path }) => {
    document.title = title;
    shownAddress = location.href;
    markCurrentLink(path);
    if (!firstPage) {
      window.scrollTo(0, 0);
      const heading = document.querySelector("#main h1");
      heading?.setAttribute("tabindex", "-1");
      heading?.focus({ preventScroll: true });
      document.getElementById("page-announcer").textContent = title;
    }
    firstPage = false;
  };

  // A proxy that replaces `Host` makes every write look as if it came from another site.
  const { host } = document.documentElement.dataset;
  if (host !== window.location.host) {
    const notice = document.createElement("p");
    notice.id = "host-notice";
    notice.setAttribute("role", "alert");
    notice.textContent =
      `This page was opened at ${window.location.host}, and its server was asked for ${host}: what you do here may be refused. ` +
      "The proxy in front must pass the header Host on, or send X-Forwarded-Host and be counted in OPINE_FRONTEND_TRUSTED_PROXIES.";
    document.body.prepend(notice);
  }

  // Only a page for when there is no network (offline/service_worker.js): where it is refused, all else works.
  const worker = `${document.documentElement.dataset.prefix}/service-worker.js`;
  navigator.serviceWorker?.register(worker).catch(() => null);

  const markCurrentLink = (path) => {
    for (const link of document.querySelectorAll(".nav-link")) {
      const href = link.getAttribute("href").slice(document.documentElement.dataset.prefix.length);
      const current = href === "/" ? path === "/" : path.startsWith(href);
      if (current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  };

  // Dash changes the address at once and says nothing if its request then finds no server: the only place to see that
  // is the request itself.
  const { fetch } = window;
  window.fetch = async (...request) => {
    const ofDash = String(request[0]).includes("_dash-update-component");
    try {
      const response = await fetch(...request);
      if (ofDash) showLost(false);
      return response;
    } catch (error) {
      if (ofDash) showLost(true);
      throw error;
    }
  };

  const showLost = (lost) => {
    const notice = document.getElementById("lost");
    if (!notice) return;
    const title = navigator.onLine ? "Opine's server cannot be reached" : "You are offline";
    document.getElementById("lost-title").textContent = title;
    notice.hidden = !lost;
  };

  const askAgain = () => window.dash_clientside.set_props("page-again", { data: Date.now() });

  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("#lost-again, #page-retry")) askAgain();
  });

  addEventListener("online", () => {
    if (document.getElementById("lost")?.hidden !== false) return;
    if (location.href === shownAddress) showLost(false);
    else askAgain();
  });

  // Arrow keys lead from the search field into the brands found, and back.
  const STEPS = { ArrowDown: 1, ArrowUp: -1 };

  document.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const target = event.target;
    if (!(step && target instanceof Element)) return;
    const cards = [...document.querySelectorAll(".brand-card")];
    const search = document.getElementById("brand-search");
    const at = target === search ? -1 : cards.indexOf(target);
    if (!cards.length || (at === -1 && target !== search)) return;
    const next = at + step;
    if (next < -1 || next >= cards.length) return;
    event.preventDefault();
    (next === -1 ? search : cards[next]).focus();
  });

  const { composer } = window.opine;

  // Dash calls these with null before there is anything.
  window.dash_clientside ??= {};
  window.dash_clientside.opine = {
    announcePage(page) {
      if (page) announcePage(page);
    },
    openComposer(brand) {
      if (brand) composer.open(brand);
      return Boolean(brand);
    },
    showComposerNotice(message) {
      if (message) composer.showNotice(message);
    },
  };
})();
