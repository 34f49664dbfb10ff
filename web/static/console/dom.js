// Short words for what every module does with the page.
export const body = document.body;
export const $ = (selector, from = document) => from.querySelector(selector);
export const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

// Only where it differs: a screen reader and a selection are left alone.
export const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };

// Each answer carries the session's token masked otherwise; with the page's own a form that didn't change
// is the same, and is left alone with what is being typed in it.
export const ours = (html) => {
  const came = /name="csrf" value="([^"]+)"/.exec(html)?.[1];
  return came && body.dataset.csrf ? html.replaceAll(came, body.dataset.csrf) : html;
};

export const parsed = (html) => {
  const template = document.createElement("template");
  template.innerHTML = ours(html);
  return [...template.content.children];
};

// `number` in words: data-one and data-other say how, with {} where it stands.
const rules = new Intl.PluralRules(document.documentElement.lang || "fr");
export const plural = (element, number, kind = "") => {
  const name = `${kind}${kind ? "One" : "one"}`, others = `${kind}${kind ? "Other" : "other"}`;
  return element.dataset[rules.select(number) === "one" ? name : others].replace("{}", number);
};

// Letters are text here, not keys.
export const typing = (element) =>
  element?.closest?.("input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]");

// A field with something in it that was not sent.
export const isTyped = (field) => field.matches("textarea, input:not([type=hidden], [type=checkbox], [type=radio])")
  && field.value !== field.defaultValue;

// A part of a page, or what an act answers. Null where nothing came, the stream says what is wrong; and
// where nobody is logged in any more: that goes to the log-in and, afterwards, back to the open page.
export async function ask(address, options = {}) {
  const headers = { "HX-Request": "true", "HX-Current-URL": location.href };
  const answer = await fetch(address, { ...options, headers }).catch(() => null);
  const login = answer?.headers.get("HX-Redirect");
  if (login) location.assign(login);
  return login ? null : answer;
}

// The id in a link below `root` that is followed here, and not in another tab; else nothing.
export function followed(event, root) {
  const link = event.target.closest?.(`a[href^='${root}']`);
  if (!link || link.target || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return undefined;
  event.preventDefault();
  return decodeURIComponent(link.pathname.split("/")[2]);
}
