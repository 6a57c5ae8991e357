// One POST to our own server: {answer} if it worked, else {trouble} in the form of the server's advice.
(() => {
  const opine = (window.opine ??= {});

  const OFFLINE = {
    reason: "offline",
    title: "You seem to be offline",
    text: "Your text is kept in this browser. It can be sent once the connection is back.",
  };
  const BROKEN = {
    reason: "failed",
    title: "Something went wrong on our side",
    text: "Your text is kept in this browser. Please try again.",
  };

  opine.postJson = async (path, body, signal) => {
    let response;
    try {
      response = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal,
      });
    } catch {
      return { trouble: OFFLINE };
    }
    const parsed = await response.json().catch(() => null);
    if (response.ok && parsed) return { answer: parsed };
    return { trouble: parsed?.reason ? parsed : BROKEN };
  };
})();
