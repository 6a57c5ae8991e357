// What the composer asks the server: predictions while somebody types, and saving a review.
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

  const LOST_TEXT = "Your words are read once there is a connection again. Until then, choose the stars yourself.";
  const OFFLINE = { reason: "offline", title: "You are offline", text: LOST_TEXT };
  // The network is there as far as the browser knows, or the server is on this machine.
  const NO_ANSWER = { reason: "offline", title: "Opine's server cannot be reached", text: LOST_TEXT };
  const FAILED = { reason: "failed", title: "Something went wrong on our side", text: "Please try again." };

  // {answer} if it worked, else {error: {reason, title, text, retry_after_s}}, as the server words it; `lost` if nobody
  // answered, so that nobody knows whether it was done.
  // randomUUID needs https or localhost; a key must be had everywhere.
  const newKey = () =>
    crypto.randomUUID?.() ??
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  // While a new model is tried, one tab is answered by one version of it. The id says nothing and ends with the tab.
  let session;
  const sessionId = () => {
    try {
      session ??= sessionStorage.getItem("opine-session") ?? newKey();
      sessionStorage.setItem("opine-session", session);
    } catch {
      session ??= newKey(); // storage is switched off
    }
    return session;
  };

  const postJson = async (path, body, controller, timeoutMs) => {
    const timeout = setTimeout(() => controller.abort("timeout"), timeoutMs);
    let response;
    let parsed;
    try {
      response = await fetch(document.documentElement.dataset.prefix + path, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Session-ID": sessionId() },
        body: JSON.stringify(body),
        signal: controller.signal,
      });
      parsed = await response.json().catch(() => null);
    } catch {
      return { error: navigator.onLine ? NO_ANSWER : OFFLINE, lost: true };
    } finally {
      clearTimeout(timeout);
    }
    if (response.ok && parsed) return { answer: parsed };
    return { error: parsed?.reason ? parsed : FAILED };
  };

  // One request at a time, the newest only.
  class Predictor {
    // `onPrediction(text, prediction)` and `onError(text, error)` are only called for the text asked for last.
    constructor(onPrediction, onError) {
      this.onPrediction = onPrediction;
      this.onError = onError;
      this.timer = null;
      this.burstStarted = null;
      this.controller = null;
    }

    // Keys come in bursts: the text at the pause is asked for, and in a long burst some of those before.
    askAfterPause(text) {
      const now = performance.now();
      this.burstStarted ??= now;
      const longest = this.burstStarted + PREDICT_MAX_WAIT_MS - now;
      this.askLater(text, Math.max(0, Math.min(PREDICT_DEBOUNCE_MS, longest)));
    }

    ask(text, afterS = 0) {
      if (afterS) this.askLater(text, 1000 * afterS);
      else this.send(text);
    }

    cancel() {
      clearTimeout(this.timer);
      this.burstStarted = null;
      this.controller?.abort();
      this.controller = null;
    }

    askLater(text, delayMs) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.send(text), delayMs);
    }

    async send(text) {
      this.cancel();
      const controller = new AbortController();
      this.controller = controller;
      const { answer, error } = await postJson("/predict", { text }, controller, PREDICT_TIMEOUT_MS);
      if (this.controller !== controller) return;
      this.controller = null;
      if (answer) this.onPrediction(text, answer);
      else this.onError(text, error);
    }
  }

  const submit = (key, review) => postJson("/submit", { key, review }, new AbortController(), SUBMIT_TIMEOUT_MS);

  Object.assign(opine, { Predictor, newKey, submit, PREDICT_DEBOUNCE_MS, PREDICT_MAX_WAIT_MS });
})();
