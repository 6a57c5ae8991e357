// What Dash calls in the browser. Loaded after the scripts that do the work, hence the name.
(() => {
  const { composer, shell } = window.opine;

  (window.dash_clientside ??= {}).opine = {
    composerMounted(brand) {
      if (brand) composer.begin(brand);
      return Boolean(brand);
    },
    pageShown(meta) {
      if (meta) shell.pageShown(meta);
    },
    switchRefused(trouble) {
      if (trouble) composer.refuse(trouble);
    },
  };
})();
