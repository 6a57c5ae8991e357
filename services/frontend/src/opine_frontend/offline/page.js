// The page that was asked for is at the same address: it only has to be loaded again.
(() => {
  const again = () => location.reload();
  addEventListener("online", again);
  document.getElementById("again").addEventListener("click", again);

  const drafts = document.getElementById("drafts");
  const list = drafts.querySelector("ul");
  const show = (name, text) => {
    const item = document.createElement("li");
    const brand = document.createElement("strong");
    const words = document.createElement("p");
    brand.textContent = name;
    words.textContent = text;
    item.append(brand, words);
    list.append(item);
    drafts.hidden = false;
  };

  try {
    for (const [key, value] of Object.entries(localStorage)) {
      if (!key.startsWith("opine-draft:")) continue;
      const draft = JSON.parse(value);
      if (draft.text?.trim()) show(draft.brand?.name ?? "", draft.text);
    }
  } catch {
    // The storage is switched off, or another program wrote into it: there is nothing to show.
  }
})();
