// Puts the composer's state on the page. Each function may be called as often as one likes with the same state.
(() => {
  const opine = (window.opine ??= {});
  const byId = (id) => document.getElementById(id);
  const percent = (share) => `${Math.round(share * 100)}%`;
  const WORDS = { bad: "Bad", average: "Average", good: "Good" };

  const showSentiment = (reading) => {
    const meter = byId("progress");
    meter.dataset.label = reading?.label ?? "none";
    byId("progress-fill").style.transform = `scaleX(${reading ? reading.score : 0})`;
    meter.setAttribute("aria-valuenow", reading ? Math.round(reading.score * 100) : 0);
    meter.setAttribute(
      "aria-valuetext",
      reading ? `${WORDS[reading.label]}, ${percent(reading.score)}` : "Nothing to read yet",
    );
    byId("proba").textContent = reading ? percent(reading.score) : "";
    byId("sentiment-word").textContent = reading ? WORDS[reading.label] : "";
  };

  const showChances = (reading) => {
    for (const bar of document.querySelectorAll("[data-chance]")) {
      const chance = reading ? reading.probabilities[Number(bar.dataset.chance) - 1] : 0;
      bar.style.transform = `scaleY(${chance})`;
    }
    for (const number of document.querySelectorAll("[data-chance-number]")) {
      number.textContent = reading ? percent(reading.probabilities[Number(number.dataset.chanceNumber) - 1]) : "";
    }
    byId("chances-text").textContent = reading ? opine.summary.chances(reading.probabilities) : "";
  };

  let shownStars = null;

  const showRating = ({ chosen, reading, text, trouble }) => {
    const proposal = reading?.stars ?? null;
    const stars = chosen ?? proposal;
    if (stars !== shownStars) {
      shownStars = stars;
      window.dash_clientside.set_props("rating-group", { value: stars === null ? "" : String(stars) });
    }
    const composer = byId("composer");
    composer.dataset.stars = stars ?? 0;
    composer.dataset.starsFrom = chosen === null ? "words" : "person";
    byId("use-proposal").hidden = chosen === null || proposal === null;
    byId("rating-source").textContent = ratingSource({ chosen, proposal, text, trouble });
  };

  const ratingSource = ({ chosen, proposal, text, trouble }) => {
    if (chosen !== null) {
      if (proposal === null) return "Your choice.";
      return proposal === chosen ? "Your choice, and what your words suggest." : `Your choice; your words suggest ${proposal}.`;
    }
    if (proposal !== null) return "Proposed by your words, yours to change.";
    if (trouble) return "Pick the stars yourself.";
    return text.trim() ? "Reading …" : "Write, and your words propose a rating.";
  };

  const showSubmit = ({ text, chosen, reading, sending }) => {
    const hasText = text.trim() !== "";
    const hasStars = (chosen ?? reading?.stars ?? null) !== null;
    byId("submit_button").disabled = sending || !hasText || !hasStars;
    byId("submit_button").dataset.sending = sending;
    byId("submit-label").textContent = sending ? "Saving …" : "Submit review";
    byId("submit-hint").textContent = submitHint(hasText, hasStars);
  };

  const submitHint = (hasText, hasStars) => {
    if (!hasText) return "Write a few words to submit.";
    if (!hasStars) return "Pick a rating to submit.";
    // Who has nothing but a touch screen has no such keys.
    return matchMedia("(any-pointer: fine)").matches ? "Ctrl + Enter submits too." : "";
  };

  const showRoom = ({ text }) => {
    const longest = byId("review").maxLength;
    byId("review-hint").textContent =
      text.length < longest
        ? "Kept in this browser until it is submitted"
        : `No more fits in: a review has at most ${longest.toLocaleString("en")} characters`;
  };

  // A notice is {title, text, action: {label, run} or none}; the same notice is not announced twice.
  const showNotice = (notice) => {
    const place = byId("composer-notice");
    const said = notice ? `${notice.title}|${notice.text}` : "";
    if (place.dataset.said === said) return;
    place.dataset.said = said;
    place.hidden = !notice;
    place.replaceChildren();
    if (!notice) return;
    const title = Object.assign(document.createElement("p"), { className: "notice-title", textContent: notice.title });
    const text = Object.assign(document.createElement("p"), { textContent: notice.text });
    place.append(title, text);
    place.classList.toggle("notice-quiet", Boolean(notice.quiet));
    if (notice.action) {
      const button = Object.assign(document.createElement("button"), {
        className: "button-quiet",
        id: "notice-action",
        textContent: notice.action.label,
        onclick: notice.action.run,
      });
      place.append(button);
    }
  };

  const showThanks = (brand, stars) => {
    byId("thanks-text").textContent = `${opine.summary.starsText(stars)} for ${brand.name}.`;
    byId("composer").hidden = true;
    byId("thanks").hidden = false;
    byId("thanks-title").focus();
  };

  const reset = () => {
    shownStars = null;
  };

  opine.view = { showSentiment, showChances, showRating, showRoom, showSubmit, showNotice, showThanks, reset };
})();
