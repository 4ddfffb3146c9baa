// Where what floats stands.

/** Puts an open `menu` below `button`, or above it where there is no room, its right edge at the button's. */
export function placeBeside(menu, button) {
  const box = button.getBoundingClientRect();
  const below = box.bottom + 4 + menu.offsetHeight <= innerHeight;
  menu.style.top = `${below ? box.bottom + 4 : box.top - 4 - menu.offsetHeight}px`;
  menu.style.left = `${Math.max(8, box.right - menu.offsetWidth)}px`;
}
