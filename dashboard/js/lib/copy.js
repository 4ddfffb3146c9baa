// Buttons that copy the text of another element: `data-copy="<id>"`.

import { byId, icon } from "./dom.js";

// The clipboard API exists only on HTTPS and localhost; a selection can be copied everywhere.
function copySelection(node) {
  const range = document.createRange();
  range.selectNodeContents(node);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  document.execCommand("copy");
  selection.removeAllRanges();
}

/** Copies the text of `node`. */
export async function copy(node) {
  try {
    await navigator.clipboard.writeText(node.textContent);
  } catch {
    copySelection(node);
  }
}

export function bindCopyButtons() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      await copy(byId(button.dataset.copy));
      button.replaceChildren(icon("done"));
      setTimeout(() => button.replaceChildren(icon("copy")), 1500);
    });
  }
}
