// Runs before the first paint, as a plain blocking script: the chosen theme must be on the root before any colour is drawn.
(() => {
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be switched off: the system's theme then holds.
  }
})();
