// Puts the editor in the place of the plain form; questions go with the sign-in of whoever asks, and only to this host.
addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("explorer");
  const byHand = document.getElementById("by-hand");
  const { csrf, address } = place.dataset;

  const ask = async (question) => {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify(question),
    });
    return answer.json();
  };

  const memory = {
    getItem: () => null,
    setItem: () => undefined,
    removeItem: () => undefined,
    clear: () => undefined,
    length: 0,
  };
  const theme = document.documentElement.dataset.bsTheme;
  place.hidden = false;
  window.ReactDOM.createRoot(place).render(
    window.React.createElement(window.GraphiQL, {
      fetcher: ask,
      defaultQuery: document.getElementById("query").value,
      forcedTheme: theme === "auto" ? "system" : theme,
      storage: memory,
      shouldPersistHeaders: false,
      isHeadersEditorEnabled: false,
    }),
  );
  byHand.hidden = true;
});
