// What a page change means for someone who does not see it: title, focus, the current link.
(() => {
  const opine = (window.opine ??= {});
  let firstPage = true;

  const markCurrent = (path) => {
    for (const link of document.querySelectorAll(".nav-link")) {
      const href = link.getAttribute("href");
      const current = href === "/" ? path === "/" : path.startsWith(href);
      if (current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  };

  const pageShown = ({ title, path }) => {
    document.title = title;
    markCurrent(path);
    if (!firstPage) {
      window.scrollTo(0, 0);
      const heading = document.querySelector("#main h1");
      heading?.setAttribute("tabindex", "-1");
      heading?.focus({ preventScroll: true });
      document.getElementById("page-announcer").textContent = title;
    }
    firstPage = false;
  };

  opine.shell = { pageShown };
})();
