// One shell on every page: what is followed and sent here is shown in the place of the main part,
// and the telephone, the stream and the sounds go on. What is no page of ours, and who is logged in
// no more, is left to the browser.
import { write, $, $$, body, isTyped, ours } from "./dom.js";

const STAYS = "callflow:page";
// Called after another page is there; at once too, for the first one.
export const onPage = (act) => { act(); document.addEventListener(STAYS, act); };

document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => { if (ctx?.text) ctx.text = ours(ctx.text); });

let turn = 0; // of several that are asked for, the last one counts
let at = location.pathname; // of the page that is shown

export function go(address) { return visit(new URL(address, location.href)); }

// Whether something is typed on this page that was not sent.
export const holdsTyped = () => $$("textarea, input", $("#main")).some(isTyped);

async function visit(url, { options = {}, push = true, scroll = 0 } = {}) {
  if (!("shell" in body.dataset)) return location.assign(url);
  const mine = ++turn;
  const main = $("#main");
  const stop = new AbortController();
  main.setAttribute("aria-busy", "true");
  const answer = await fetch(url, { ...options, signal: stop.signal }).catch(() => null);
  if (mine !== turn) return stop.abort();
  main.removeAttribute("aria-busy");
  if (!answer) return refuse();
  const shown = new URL(answer.url);
  if (/^\/log(in|out)(\/|$)/.test(shown.pathname)) return location.assign(shown);
  if (!answer.headers.get("Content-Type")?.startsWith("text/html")) return file(answer, options, stop);
  const html = await answer.text();
  if (mine !== turn) return;
  const page = new DOMParser().parseFromString(html, "text/html");
  shown.hash = url.hash;
  if (!$("#main", page) || (!page.body.matches("[data-shell]") && $(".top", page))) return location.assign(shown);
  await show(page, shown, push, scroll);
}

// Nothing came: the page stays, and what was typed.
function refuse() {
  const line = $("#problem");
  write(line, line.dataset.away);
  line.hidden = false;
}

// A file is kept or looked at beside the page.
async function file(answer, { method }, stop) {
  const kept = answer.headers.get("Content-Disposition")?.startsWith("attachment");
  if (method !== "POST") {
    stop.abort();
    if (!kept) return void open(answer.url, "_blank", "noopener");
    return save(answer.url, "");
  }
  const name = /filename="?([^";]+)/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "";
  const address = URL.createObjectURL(await answer.blob());
  save(address, name);
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
function save(href, download) {
  const link = Object.assign(document.createElement("a"), { href, download });
  body.append(link);
  link.click();
  link.remove();
}

// --- another page in the place of this one ---------------------------------------------------------

async function show(page, url, push, scroll) {
  await dress(page);
  if (push) {
    history.replaceState({ ...history.state, scroll: scrollY }, "");
    if (url.href !== location.href) history.pushState({}, "", url);
  }
  at = url.pathname;
  document.dispatchEvent(new CustomEvent("callflow:leave"));
  if (page.body.matches("[data-shell]")) {
    body.className = page.body.className;
    closeMenus();
    if (page.body.dataset.csrf) body.dataset.csrf = page.body.dataset.csrf;
    for (const part of [".pages", ".user"]) {
      const fresh = $(`.top ${part}`, page);
      if (fresh) $(`.top ${part}`)?.replaceWith(fresh);
    }
  }
  const line = $("#problem");
  line.hidden = true;
  document.title = page.title;
  const main = document.adoptNode($("#main", page));
  $("#main").replaceWith(main);
  htmx.process(main);
  document.dispatchEvent(new CustomEvent(STAYS));
  const there = url.hash && document.getElementById(decodeURIComponent(url.hash.slice(1)));
  ($("[autofocus]", main) ?? main).focus({ preventScroll: true });
  if (there) there.scrollIntoView();
  else scrollTo(0, scroll);
}

// Its style sheets, and no other page's; its scripts, which hear its first click.
async function dress(page) {
  const sheets = (from) => new Map($$("link[rel=stylesheet]", from).map((e) =>
    [new URL(e.getAttribute("href"), location.href).href, e]));
  const [mine, its] = [sheets(document), sheets(page)];
  const waits = [];
  const wait = (fresh, place) => {
    waits.push(new Promise((done) => { fresh.onload = fresh.onerror = done; }));
    place.append(fresh);
  };
  for (const href of its.keys())
    if (!mine.has(href)) wait(Object.assign(document.createElement("link"), { rel: "stylesheet", href }), document.head);
  const known = new Set($$("script[src]").map((script) => script.src));
  for (const old of $$("script[src]", page)) {
    const src = new URL(old.getAttribute("src"), location.href).href;
    if (!known.has(src)) wait(Object.assign(document.createElement("script"), { src, type: "module" }), body);
  }
  await Promise.all(waits);
  if (page.body.matches("[data-shell]")) mine.forEach((link, href) => its.has(href) || link.remove());
}

// --- what leads to it: links, forms, the browser's buttons ------------------------------------------

// On the window: whoever does it otherwise has said so by then.
addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest?.("a[href]");
  if (!link || link.target || link.hasAttribute("download")) return;
  const url = new URL(link.href);
  if (!isOurs(url) || url.searchParams.has("lang")) return;
  if (url.hash && url.pathname + url.search === location.pathname + location.search) return;
  event.preventDefault();
  visit(url);
});
const isOurs = (url) => url.origin === location.origin && !/^\/(static|log(in|out))(\/|$)/.test(url.pathname);

const sending = new WeakSet();
addEventListener("submit", async (event) => {
  const form = event.target;
  const by = event.submitter;
  const method = (by?.getAttribute("formmethod") ?? form.getAttribute("method") ?? "get").toUpperCase();
  if (event.defaultPrevented || method === "DIALOG" || form.target) return;
  const url = new URL(by?.getAttribute("formaction") ?? form.getAttribute("action") ?? "", location.href);
  if (!isOurs(url) || !("shell" in body.dataset)) return;
  event.preventDefault();
  if (sending.has(form)) return; // pressed twice
  sending.add(form);
  const data = new FormData(form, by);
  if (method === "GET") {
    url.search = new URLSearchParams(data);
    await visit(url);
  } else {
    const several = form.enctype === "multipart/form-data";
    await visit(url, { options: { method, body: several ? data : new URLSearchParams(data) } });
  }
  sending.delete(form);
});

// Back and forth between pages; within the console the pane does it (pane.js).
addEventListener("popstate", (event) => {
  if (location.pathname === at) {
    if (body.matches(".console") || location.hash) return;
  }
  visit(new URL(location.href), { push: false, scroll: event.state?.scroll ?? 0 });
});

// --- where things stand on each page --------------------------------------------------------------

// The pop stands over the pane where there is one, else with the telephone.
onPage(() => {
  const place = $(".desk > .middle") ?? $("#telephone");
  const pop = $("#pop");
  if (pop && pop.parentElement !== place) place.prepend(pop);
});
// Before the page goes, so that it is not thrown away with it.
document.addEventListener("callflow:leave", () => { const pop = $("#pop"); if (pop) $("#telephone").prepend(pop); });

// --- menus and drawers: one at a time, closed by Escape and by a click beside them --------------------

const FOLDS = "details.menu[open], details.drawer[open]";
function closeMenus(but = null) {
  for (const fold of $$(FOLDS)) if (fold !== but && !fold.contains(but)) fold.open = false;
}
addEventListener("pointerdown", (event) => closeMenus(event.target.closest?.(FOLDS)));
addEventListener("click", (event) => {
  const summary = event.target.closest?.("summary");
  if (summary?.parentElement.matches("details.menu, details.drawer")) closeMenus(summary.parentElement);
});
// Who opens a drawer goes on in it.
document.addEventListener("toggle", ({ target }) => {
  if (target.matches?.("details.drawer[open]") && document.activeElement === $("summary", target))
    $(".drawn :is(input:not([type=hidden]), select, textarea, button)", target)?.focus();
}, true);
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || $("dialog[open]")) return;
  const fold = event.target.closest?.(FOLDS) ?? $(FOLDS);
  if (!fold) return;
  const inside = fold.contains(document.activeElement);
  fold.open = false;
  if (inside) $("summary", fold).focus();
  event.stopImmediatePropagation();
}, true);

// What sticks below the bar is told how high it is.
const bar = $(".bar");
if (bar) new ResizeObserver(() => document.documentElement.style.setProperty("--bar", `${bar.offsetHeight}px`)).observe(bar);
const pop = $("#pop");
if (pop) new ResizeObserver(() => document.documentElement.style.setProperty("--pop", `${pop.offsetHeight}px`)).observe(pop);
