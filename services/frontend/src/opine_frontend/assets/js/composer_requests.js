// What the composer asks the server: predictions while somebody types, and saving a review so that a second try can
// never make a second one.
(() => {
  window.opine ??= {};
  const { opine } = window;

  // A pause of this length ends a burst of keys; shorter than most people's pause between two words.
  const PREDICT_DEBOUNCE_MS = 150;
  // Who types without any pause is answered at least this often.
  const PREDICT_MAX_WAIT_MS = 600;
  // Longer than the frontend waits for the API twice, so that its explanation arrives.
  const PREDICT_TIMEOUT_MS = 15_000;
  const SUBMIT_TIMEOUT_MS = 20_000;
  const RETRY_AFTER_S = 5;
  const LONGEST_RETRY_S = 60;
  const RETRIED = new Set(["sentiment_away", "sentiment_late", "unreachable", "offline"]);

  const OFFLINE = {
    reason: "offline",
    title: "You seem to be offline",
    text: "Your text is kept in this browser. You can submit it once you are connected again.",
  };
  const FAILED = {
    reason: "failed",
    title: "Something went wrong on our side",
    text: "Your text is kept in this browser. Please try again.",
  };

  // {answer} if it worked, else {error: {reason, title, text, retry_after_s}}, as the server words it.
  const postJson = async (path, body, controller, timeoutMs) => {
    const timeout = setTimeout(() => controller.abort("timeout"), timeoutMs);
    let response;
    let parsed;
    try {
      response = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: controller.signal,
      });
      parsed = await response.json().catch(() => null);
    } catch {
      return { error: OFFLINE };
    } finally {
      clearTimeout(timeout);
    }
    if (response.ok && parsed) return { answer: parsed };
    return { error: parsed?.reason ? parsed : FAILED };
  };

  // Asks after a pause in typing, one request at a time, the newest only.
  class Predictor {
    // `onPrediction(text, prediction)` and `onError(text, error)` are only called for the text asked for last.
    constructor(onPrediction, onError) {
      this.onPrediction = onPrediction;
      this.onError = onError;
      this.timer = null;
      this.burstStarted = null;
      this.controller = null;
    }

    schedule(text) {
      const now = performance.now();
      this.burstStarted ??= now;
      const longest = this.burstStarted + PREDICT_MAX_WAIT_MS - now;
      this.later(text, Math.max(0, Math.min(PREDICT_DEBOUNCE_MS, longest)));
    }

    cancel() {
      clearTimeout(this.timer);
      this.burstStarted = null;
      this.controller?.abort();
      this.controller = null;
    }

    later(text, delayMs) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(text), delayMs);
    }

    async ask(text) {
      this.cancel();
      const controller = new AbortController();
      this.controller = controller;
      const { answer, error } = await postJson("/predict", { text }, controller, PREDICT_TIMEOUT_MS);
      if (this.controller !== controller) return;
      this.controller = null;
      if (answer) {
        this.onPrediction(text, answer);
        return;
      }
      this.onError(text, error);
      if (RETRIED.has(error.reason)) {
        this.later(text, 1000 * Math.min(LONGEST_RETRY_S, Math.max(RETRY_AFTER_S, error.retry_after_s ?? 0)));
      }
    }
  }

  // randomUUID needs https or localhost; a key must be had everywhere.
  const newKey = () =>
    crypto.randomUUID?.() ??
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  // The part of a prediction that is stored with a review.
  const stored = (prediction) => {
    if (!prediction) return null;
    const { stars, score, label, model, signature } = prediction;
    return { stars, score, label, model, signature };
  };

  // The attempt before, if it was for the same words and stars: then the same key and body go out again.
  const attemptFor = (before, { brand, text, stars, prediction }) => {
    const old = before?.review;
    if (old && old.brand === brand.slug && old.text === text && old.stars === stars) return before;
    return { key: newKey(), review: { brand: brand.slug, text, stars, prediction: stored(prediction) } };
  };

  const submit = (attempt) => postJson("/submit", attempt, new AbortController(), SUBMIT_TIMEOUT_MS);

  Object.assign(opine, { Predictor, attemptFor, submit, PREDICT_DEBOUNCE_MS, PREDICT_MAX_WAIT_MS });
})();
