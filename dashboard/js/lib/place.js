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
  menu.style.top = `${below ? box.bottom + 4 : box.top - 4 - menu.offsetHeight}px`;
  menu.style.left = `${Math.max(8, box.right - menu.offsetWidth)}px`;
}
