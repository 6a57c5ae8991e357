// Saving a review so that a second try can never make a second review.
(() => {
  const opine = (window.opine ??= {});
  // Longer than the frontend waits for the API twice, so that its explanation arrives.
  const SUBMIT_TIMEOUT_MS = 20000;

  // randomUUID needs https or localhost; a key must be had everywhere.
  const newKey = () =>
    crypto.randomUUID?.() ??
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  const shown = (reading) =>
    reading && { stars: reading.stars, score: reading.score, label: reading.label, model: reading.model };

  // The attempt before, if it was for the same words and stars: then the same key and body go out again.
  const attemptFor = (before, { brand, text, stars, reading }) => {
    const old = before?.review;
    if (old && old.brand === brand.slug && old.text === text && old.stars === stars) return before;
    return { key: newKey(), review: { brand: brand.slug, text, stars, prediction: shown(reading) ?? null } };
  };

  const send = async (attempt) => {
    const controller = new AbortController();
    const timeout = setTimeout(() => controller.abort("timeout"), SUBMIT_TIMEOUT_MS);
    const outcome = await opine.postJson("/submit", attempt, controller.signal);
    clearTimeout(timeout);
    return outcome;
  };

  opine.submission = { attemptFor, send };
})();
