// Where the reader looks: the end of the room, kept in view while news come, or a place further up that nothing moves.

// This far from the end counts as the end.
const NEAR = 40;
// Older messages are asked for before their place comes into view.
const EARLY = 600;

/** `onTop()` is called near the upper end, `onMove(atEnd)` after each scroll. */
export function createScroll(box, content, { onTop, onMove }) {
  let stuck = true;
  const atEnd = () => box.scrollHeight - box.scrollTop - box.clientHeight <= NEAR;
  const toEnd = () => {
    box.scrollTop = box.scrollHeight;
    stuck = true;
  };

  box.addEventListener(
    "scroll",
    () => {
      stuck = atEnd();
      if (box.scrollTop < EARLY) onTop();
      onMove(stuck);
    },
    { passive: true },
  );
  // The composer grows, the window changes, a font arrives.
  const sizes = new ResizeObserver(() => {
    if (stuck) return toEnd();
    stuck = atEnd();
    onMove(stuck);
  });
  sizes.observe(box);
  sizes.observe(content);

  /** The first element in view that `change` might move, with its place. */
  function anchor() {
    const top = box.getBoundingClientRect().top;
    for (const node of content.children) {
      const place = node.getBoundingClientRect();
      if (place.bottom > top && node.dataset.id) return { id: node.dataset.id, top: place.top };
    }
    return null;
  }

  return {
    atEnd: () => stuck,
    toEnd,

    /** Runs `change` without moving what the reader looks at. */
    still(change) {
      const place = stuck ? null : anchor();
      change();
      if (stuck) return toEnd();
      const node = place && content.querySelector(`[data-id="${CSS.escape(place.id)}"]`);
      if (node) box.scrollTop += node.getBoundingClientRect().top - place.top;
    },

    /** Puts `node` into the upper third. */
    show(node) {
      stuck = false;
      box.scrollTop += node.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 3;
      stuck = atEnd();
    },

    /** Whether there is nothing to scroll, so that reaching the top never happens by scrolling. */
    isShort: () => box.scrollHeight <= box.clientHeight + EARLY,
  };
}
