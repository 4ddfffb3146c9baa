// Where what floats stands.

/**
 * Closes `menu` when the button that it belongs to moves: left behind by its row, it would point at another one. The
 * returned function tells the button each time that the menu opens.
 */
export function closeWhenMoved(menu) {
  let anchor = null;
  const follow = () => {
    if (menu.matches(":popover-open") && Math.abs(anchor.button.getBoundingClientRect().top - anchor.top) > 2)
      menu.hidePopover();
  };
  addEventListener("scroll", follow, { passive: true, capture: true });
  return (button) => {
    anchor = { button, top: button.getBoundingClientRect().top };
  };
}

/** Puts an open `menu` below `button`, or above it where there is no room, its right edge at the button's. */
export function placeBeside(menu, button) {
  const box = button.getBoundingClientRect();
  const below = box.bottom + 4 + menu.offsetHeight <= innerHeight;
  const highest = innerHeight - menu.offsetHeight - 8;
  // A tall one that fits neither above nor below stands where it is seen whole.
  menu.style.top = `${below ? box.bottom + 4 : Math.max(8, Math.min(highest, box.top - 4 - menu.offsetHeight))}px`;
  menu.style.left = `${Math.max(8, box.right - menu.offsetWidth)}px`;
}

/** Puts `menu`, a popover of `button`, beside it whenever it opens, and again when the window changes its size. */
export function keepBeside(menu, button) {
  const place = () => {
    if (menu.matches(":popover-open")) placeBeside(menu, button);
  };
  menu.addEventListener("toggle", place);
  addEventListener("resize", place);
}
