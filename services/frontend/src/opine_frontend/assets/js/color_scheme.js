// Runs in the head, before anything is painted, so that a dark page never flashes white.
(() => {
  // The key under which Mantine keeps what the toggle was last set to.
  let kept = null;
  try {
    kept = localStorage.getItem("mantine-color-scheme-value");
  } catch {
    // Storage is switched off: follow the system.
  }
  const systemIsDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const dark = kept === "dark" || (kept !== "light" && systemIsDark);
  document.documentElement.dataset.mantineColorScheme = dark ? "dark" : "light";
})();
