// A field that searches while one types.

// Long enough not to ask for each letter, short enough to feel at once.
const TYPING_MS = 300;

/** A function that runs `job` after a pause in its calls. */
export function later(job) {
  let waiting = null;
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(job, TYPING_MS);
  };
}

/** Calls `search(words)` after a pause in typing in `input`, and at once when its form, if it has one, is sent. */
export function bindSearchField(input, search) {
  let typing = null;
  const now = () => {
    clearTimeout(typing);
    search(input.value.trim());
  };
  input.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(now, TYPING_MS);
  });
  input.form?.addEventListener("submit", (event) => {
    event.preventDefault();
    now();
  });
}
