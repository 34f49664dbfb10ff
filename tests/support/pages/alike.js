// Of what stands side by side and is made alike (a table's rows, a list's entries, choices) two stay:
// axe finds the same in the others. Made alike: of the same elements, whose attributes have the same
// names, and the same values where those are words, with text in the same places. What something
// that stays refers to stays, too.
() => {
  const LIKE = "tr, li, option, article, section, details, form, p, div";
  const REFER = ["for", "list", "form", "href", ...["labelledby", "describedby", "controls", "owns"].map((of) => `aria-${of}`)];
  const from = new Map();
  for (const name of REFER)
    for (const e of document.querySelectorAll(`[${name}]`))
      for (const id of e.getAttribute(name).replace(/^#/, "").split(/\s+/)) from.set(id, [...(from.get(id) ?? []), e]);
  const isNeeded = (e) => [e, ...e.querySelectorAll("[id]")]
    .some((one) => (from.get(one.id) ?? []).some((other) => !e.contains(other)));
  const word = (value) => (/^[a-z_ -]*$/i.test(value) ? value : "");
  const own = (e) => [...e.attributes].map((a) => `${a.name}=${word(a.value)}`).sort().join(" ");
  const says = (e) => [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
  function thinned(e) {
    const seen = new Map();
    const made = new Set();
    for (const child of [...e.children]) {
      const as = thinned(child);
      const count = (seen.get(as) ?? 0) + 1;
      seen.set(as, count);
      if (count > 2 && child.matches(LIKE) && !isNeeded(child)) child.remove();
      made.add(as);
    }
    return `${e.tagName}[${own(e)}]${says(e)}(${[...made].join()})`;
  }
  thinned(document.body);
}
