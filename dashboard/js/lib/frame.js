// One repaint a frame: whatever asks for work before the next frame is run in it once.

const HIDDEN_MS = 250;

const waiting = new Set();
let asked = false;

function run() {
  asked = false;
  const jobs = [...waiting];
  waiting.clear();
  for (const job of jobs) job();
}

/** Runs `job` in the next frame; asking twice for the same function runs it once. */
export function onNextFrame(job) {
  waiting.add(job);
  if (asked) return;
  asked = true;
  // A hidden page has no frames, but a title that counts.
  if (document.hidden) setTimeout(run, HIDDEN_MS);
  else requestAnimationFrame(run);
}
