// Side panels: fixed columns on a wide screen, drawers over the page on a narrow one.

import { focusable, trapTab } from "./dom.js";

/** `narrow` is the media query below which the panel is a drawer; a drawer is inert while closed and keeps Tab inside while open. */
export function createPanel({ node, toggle, scrim, narrow, openWhenWide, className }) {
  const media = matchMedia(narrow);
  let open = !media.matches && openWhenWide;

  function paint() {
    const drawer = media.matches;
    document.body.classList.toggle(className, open);
    node.inert = !open;
    toggle.setAttribute("aria-expanded", String(open));
    if (drawer) scrim.hidden = !open;
  }

  function set(value) {
    const was = open;
    open = value;
    paint();
    if (!media.matches || was === open) return;
    if (open) focusable(node)[0]?.focus();
    else if (node.contains(document.activeElement) || document.activeElement === document.body) toggle.focus();
  }

  toggle.addEventListener("click", () => set(!open));
  media.addEventListener("change", () => {
    scrim.hidden = true;
    open = !media.matches && openWhenWide;
    paint();
  });
  node.addEventListener("keydown", (event) => {
    if (!media.matches) return;
    trapTab(event, node);
    if (event.key === "Escape") {
      set(false);
      toggle.focus();
    }
  });
  paint();
  return { set, closeIfDrawer: () => media.matches && set(false), toggle };
}
