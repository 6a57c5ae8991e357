// Arrow keys lead from the search field into the brands found, and back.
(() => {
  const step = { ArrowDown: 1, ArrowUp: -1 };

  document.addEventListener("keydown", (event) => {
    const move = step[event.key];
    const target = event.target;
    if (!move || !(target instanceof Element)) return;
    const cards = [...document.querySelectorAll(".brand-card")];
    const search = document.getElementById("brand-search");
    const at = target === search ? -1 : cards.indexOf(target);
    if (!cards.length || (at === -1 && target !== search)) return;
    const next = at + move;
    if (next < -1 || next >= cards.length) return;
    event.preventDefault();
    (next === -1 ? search : cards[next]).focus();
  });
})();
