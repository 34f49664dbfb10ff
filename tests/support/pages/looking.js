// What looking.py asks of a page, by name; the whole is one expression.
({
  // What is written in a picture is as large as the picture is drawn.
  small: () => [...document.querySelectorAll("body *")].filter((e) =>
    [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.checkVisibility() &&
    !e.matches("svg title, svg desc") &&
    parseFloat(getComputedStyle(e).fontSize) * (e.getScreenCTM?.().a ?? 1) < 16)
    .map((e) => "small: " + e.outerHTML.slice(0, 200)),

  // What stands out of the window, unless somebody may scroll to it where it stands.
  wide: () => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const out = [...document.querySelectorAll("body *")].filter((e) =>
      e.checkVisibility() && e.getBoundingClientRect().right > root.clientWidth + 1);
    return [`${root.clientWidth} px: scrolls to ${root.scrollWidth}: ` +
      out.slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(" … ")];
  },

  // Words, or a picture and words, that stand side by side without anything between them; words that
  // are cut off with no sign of it.
  set: () => {
    const kinds = NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT;
    const walk = document.createTreeWalker(document.body, kinds);
    const out = [];
    let last = null;
    const cut = (at, box) => {  // what its element, or what is around it, does not show
      for (let e = at; e; e = e.parentElement) {
        const { clipPath, overflowX, textOverflow } = getComputedStyle(e);
        if (clipPath !== "none") return "only said";
        if (overflowX === "visible") continue;
        const around = e.getBoundingClientRect();
        if (box.right > around.right + 1)
          return overflowX === "hidden" && textOverflow !== "ellipsis" ? "cut off" : "scrolled";
      }
      return "";
    };
    for (let n = walk.nextNode(); n; n = walk.nextNode()) {
      const picture = n.nodeType === 1 && n.matches("svg.i");
      if (!picture && (n.nodeType !== 3 || !n.data.trim())) continue;
      const at = picture ? n : n.parentElement;
      if (!at.checkVisibility() || at.closest("svg:not(.i), option, script, style")) continue;
      const range = new Range();
      range.selectNodeContents(n);
      const boxes = [...(picture ? [n.getBoundingClientRect()] : range.getClientRects())];
      if (!boxes.length || boxes[0].width < 2 || boxes[0].height < 2) continue;
      const hides = cut(at, boxes.at(-1));
      if (hides === "cut off") out.push(`${hides}: ${at.outerHTML.slice(0, 120)}`);
      if (hides) { last = null; continue; }
      const here = { picture, at, text: picture ? "" : n.data, from: boxes[0], to: boxes.at(-1) };
      if (last && !(picture && last.picture)) {
        const gap = here.from.left - last.to.right;
        const beside = here.from.top < last.to.bottom - 4 && here.from.bottom > last.to.top + 4;
        const joined = picture || last.picture
          ? !/\s$/.test(last.text) && !/^\s/.test(here.text)
          : /[\p{L}\p{N}.,;]$/u.test(last.text) && /^[\p{L}\p{N}]/u.test(here.text);
        if (beside && joined && gap > -2 && gap < 2)
          out.push(`touching: ${last.at.outerHTML.slice(-90)} … ${here.at.outerHTML.slice(0, 90)}`);
      }
      last = here;
    }
    return out;
  },

  // What a reader of the page's language reads; words that are said in another say so by their lang.
  texts: ([html, where]) => {
    const page = html === null ? document : new DOMParser().parseFromString(html, "text/html");
    const from = page.querySelector(where);
    const found = new Set();
    const mine = (e) => e.closest("[lang]") === page.documentElement;
    const walk = page.createTreeWalker(from, NodeFilter.SHOW_TEXT);
    for (let n = walk.nextNode(); n; n = walk.nextNode()) {
      const at = n.parentElement;
      if (mine(at) && !at.closest("script, style, code")) found.add(n.data.trim());
    }
    for (const name of ["aria-label", "title", "placeholder", "alt"])
      for (const e of from.querySelectorAll(`[${name}]`))
        if (mine(e)) found.add(e.getAttribute(name).trim());
    return [...found].filter((text) => text.length > 25);
  },

  // A page is as another where all of its elements are; what is written on them may differ.
  shape: () => [...new Set([...document.querySelectorAll("main *, header *")].map((e) =>
    `${e.parentElement.tagName}>${e.tagName}.${e.className.baseVal ?? e.className}`))]
    .sort().join(),

  // What a part is made of: elements with the names of their attributes, and the page's own class.
  madeOf: (part) => {
    const all = [...document.querySelectorAll(`${part}, ${part} *`)];
    const of = (e) => e.className.baseVal ?? e.className;
    const made = all.filter((e) => e.checkVisibility())
      .map((e) => `${e.parentElement.tagName}>${e.tagName}.${of(e)} ${e.getAttributeNames().sort()}`);
    return made.length ? [document.body.className, ...new Set(made)].sort().join() : "";
  },

  // How each element is made: in what, of which class, with which attributes, and with those values
  // that change how it looks or what it is; whether a field has a label.
  makings: (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const is = (e) => `${e.tagName}.${e.className.baseVal ?? e.className}`;
    const valued = ["role", "type", "scope", "tabindex", "data-state", "data-kind",
      ...["checked", "current", "disabled", "expanded", "haspopup", "hidden", "live", "pressed",
        "selected", "sort"].map((of) => `aria-${of}`)];
    const said = (a) => (valued.includes(a.name) ? `${a.name}=${a.value}` : a.name);
    const own = (e) => [...e.attributes].filter((a) => a.name !== "class").map(said).sort();
    return [...new Set([...page.querySelectorAll("body *")].map((e) =>
      [is(e.parentElement), is(e), ...own(e), e.labels?.length ?? ""].join(" ")))];
  },

  // Of what stands side by side and is made alike (a table's rows, a list's entries, choices) two stay:
  // axe finds the same in the others. Made alike: of the same elements, whose attributes have the same
  // names, and the same values where those are words, with text in the same places. What something
  // that stays refers to stays, too.
  leaveTwo: () => {
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
  },
})
