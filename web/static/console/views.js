// The views of an alarm in the pane, one at a time: its plan, its signals, its logbook. Without this,
// and on the alarm's own page, each is folded and unfolded by itself.
import { $, $$ } from "./dom.js";

function look(view) {
  for (const other of $$("#pane .view")) other.open = other === view;
}

// Everything that it stands in is open; of the views only its own.
export function unfold(element) {
  const from = element.matches("summary") ? element.parentElement.parentElement : element;
  for (let at = from.closest("details"); at; at = at.parentElement.closest("details")) {
    if (at.matches("#pane .view")) look(at);
    else at.open = true;
  }
}

const DOES = ":is(input:not([type=hidden]), select, textarea, button:not([disabled], [hidden]))";

// To a place on the alarm's page, and to what is done there: the browser's own way would lose the focus.
export function lead(id) {
  const there = document.getElementById(id);
  if (!there) return;
  history.replaceState(history.state, "", `#${id}`);
  for (const menu of $$("#incident .menu[open]")) if (!menu.contains(there)) menu.open = false;
  unfold(there);
  there.scrollIntoView({ block: "nearest" });
  const form = $("form.ask, form[data-act=call-service]", there) ?? there;
  const first = there.matches(".task, .gate, details, form") && $(DOES, form);
  (first || there.closest("[tabindex]"))?.focus({ preventScroll: !first });
}

document.addEventListener("click", (event) => {
  const view = event.target.closest?.("#pane .view > summary")?.parentElement;
  const link = event.target.closest?.("#incident a[href^='#']");
  if (!view && !link) return;
  event.preventDefault();
  if (view) look(view);
  else lead(link.getAttribute("href").slice(1));
});
