// What keyboard_walk.py asks of a page: its controls, named by what they do, and how Tab comes to them.
globalThis.byKeyboard = (() => {
  const CONTROLS = "a[href], button, summary, input:not([type=hidden]), select, textarea, audio[controls], " +
    "video[controls], [role=button], [role=link], [role=menuitem], [role=tab], [role=switch], [contenteditable]";
  const STOPS = `${CONTROLS}, [tabindex]`;
  // Of several that are one stop (tabs, the rows of the queue) arrows lead to the others.
  const seen = (e) => (e.tabIndex >= 0 || !e.matches(CONTROLS)) && !e.disabled && !e.closest("[inert]") && e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0;
  const modal = () => document.querySelector("dialog:modal"); // what is behind it is out of reach
  const all = (selector, from = modal() ?? document) => [...from.querySelectorAll(selector)].filter(seen);

  const routes = globalThis.byKeyboardRoutes.map(([of, expression, plain]) => [of, new RegExp(expression), plain]);
  const patterns = new Map(); // a page asks for the same addresses again and again
  function pattern(method, path) {
    const asked = `${method} ${path}`;
    if (!patterns.has(asked)) patterns.set(asked, found(method, path));
    return patterns.get(asked);
  }
  function found(method, path) {
    for (const [of, expression, plain] of routes) {
      const found = of === method && path.match(expression);
      if (found) {
        const values = found.slice(1);
        return plain.replace(/\{[^}]+\}/g, (part) => (part === "{act}" ? values.shift() : (values.shift(), part)));
      }
    }
    return path;
  }
  const plain = (id) => id.replace(/[-_]?[0-9a-f]{16,}$|[-_]?\d+$/g, "");
  const word = (value) => /^[a-z_]{2,24}$/.test(value);

  function link(e) {
    const raw = e.getAttribute("href");
    if (raw.startsWith("#")) return { kind: "link", name: `link #${plain(raw.slice(1))}`, path: raw };
    const url = new URL(e.href);
    if (url.origin !== location.origin) return { kind: "link", name: `link ${url.host}`, path: url.host };
    const keys = [...url.searchParams].map(([k, v]) => (k === "lang" ? `${k}=${v}` : k)).sort().join("&");
    return { kind: "link", name: `link ${pattern("GET", url.pathname)}${keys && `?${keys}`}`, path: url.pathname };
  }
  function submit(e, form) {
    if (form.dataset.phoneForm) {
      const path = `/telephone/${form.dataset.phoneForm}`;
      return { kind: "phone", name: `phone ${form.dataset.phoneForm} ${e.value}`.trim(), path, method: "POST" };
    }
    const method = (form.getAttribute("method") ?? "get").toUpperCase();
    if (method === "DIALOG") return { kind: "button", name: `dialog ${form.closest("dialog").id}` };
    const action = e.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
    const path = new URL(action, location.href).pathname;
    const hidden = [...form.querySelectorAll("input[type=hidden]")]
      .filter((i) => i.name !== "csrf" && word(i.value)).map((i) => `${i.name}=${i.value}`);
    const own = e.name ? [`${e.name}=${e.value}`] : [];
    return { kind: "submit", name: [method, pattern(method, path), ...hidden, ...own].join(" "), path, method };
  }
  function what(e) {
    if (e.tagName === "A") return link(e);
    if (e.tagName === "SUMMARY")
      return { kind: "fold", name: `fold ${plain(e.parentElement.id) || e.parentElement.className || e.textContent.trim()}` };
    if (e.matches("audio, video")) return { kind: "player", name: `play ${e.tagName.toLowerCase()}` };
    const form = e.form ?? e.closest("form");
    if (e.tagName === "BUTTON" && form && e.type === "submit") return submit(e, form);
    if (e.dataset.phone)
      return { kind: "phone", name: `phone ${e.dataset.phone}`, path: `/telephone/${e.dataset.phone}`, method: "POST" };
    if (e.tagName === "BUTTON" && "passkeyGo" in e.dataset)
      return { kind: "submit", name: "POST /login/passkey", path: "/login/passkey", method: "POST" };
    if (e.tagName === "BUTTON" && "take" in e.dataset) {
      const path = `/incidents/${e.closest(".row").dataset.id}/claim`;
      return { kind: "submit", name: "row POST /incidents/{incident_id}/claim", path, method: "POST" };
    }
    if (e.tagName === "BUTTON" || e.hasAttribute("role"))
      return { kind: "button", name: `button ${e.id || Object.keys(e.dataset).join(" ") || e.textContent.trim()}` };
    const to = form?.dataset.phoneForm ?? (form && pattern((form.getAttribute("method") ?? "get").toUpperCase(),
      new URL(form.getAttribute("action") ?? "", location.href).pathname));
    return { kind: "field", name: `field ${to ?? ""} ${plain(e.name || e.id)}` };
  }
  const label = (e) => (e.getAttribute("aria-label") ?? e.textContent ?? "").trim().slice(0, 60);
  const described = (e) => ({ path: "", method: "GET", ...what(e), label: label(e) });
  let toFill = []; // "@0", "@1", ... : what is morphed stays the same element
  const named = (name) => (name.startsWith("@")
    ? toFill[name.slice(1)]?.isConnected && toFill[name.slice(1)]
    : all(CONTROLS).find((e) => what(e).name === name));

  // How it looks: the focus must show in it, or in the row that it stands for.
  const RING = ["outlineStyle", "outlineWidth", "outlineColor", "boxShadow", "backgroundColor", "borderColor", "left"];
  const looks = (e) => [e, e.closest(".row")].filter(Boolean)
    .map((x) => { const s = getComputedStyle(x); return RING.map((n) => (n.startsWith("outline") && s.outlineStyle === "none" ? "" : s[n])).join(); })
    .join(";");
  let before = new WeakMap();
  let stops = [];
  let first = null;
  let around = false;
  const note = ({ target }) => {
    if (!(target instanceof Element)) return;
    if (target === first) around = true;
    first ??= target;
    if (stops.some(([e]) => e === target)) return;
    const was = before.get(target);
    stops.push([target, was === undefined || was !== looks(target)]);
  };

  const api = {
    kept: null,
    unfold: () => document.querySelectorAll("details").forEach((d) => { d.open = true; }),
    controls: () => all(CONTROLS).map(described),
    // What every page has around its main part is out of reach, or back.
    leaveOut: (parts) => document.querySelectorAll(parts.join() || "nothing").forEach((e) => { e.inert = true; }),
    letIn: (parts) => document.querySelectorAll(parts.join() || "nothing").forEach((e) => { e.inert = false; }),
    find: named,
    begin() {
      document.activeElement?.blur();
      const line = all(STOPS);
      before = new WeakMap(line.map((e) => [e, looks(e)]));
      [stops, first, around] = [[], null, false];
      document.addEventListener("focusin", note, true);
      return line.filter((e) => e.tabIndex >= 0).length;
    },
    isAround: () => around,
    stops() {
      document.removeEventListener("focusin", note, true);
      return stops.filter(([e]) => e.matches(CONTROLS)).map(([e, ring]) => [what(e).name, ring]);
    },
    // The focus goes to the stop before it, so that the next Tab comes to it.
    before(name) {
      const e = named(name);
      if (!e) return false;
      if (document.activeElement === e) return true;
      const line = all(STOPS).filter((s) => s.tabIndex >= 0);
      const place = line.indexOf(e);
      const at = place > 0 ? line[place - 1] : line.at(-1);
      at.focus({ preventScroll: true });
      return true;
    },
    is(name) {
      const e = document.activeElement;
      return name.startsWith("@") ? e === named(name) : e.matches(CONTROLS) && what(e).name === name;
    },
    focused() {
      const e = document.activeElement;
      return { name: e.name || e.id, value: e.value ?? "", type: e.type ?? "", last: e.tagName === "SELECT" && e.selectedIndex === e.options.length - 1 ? "yes" : "" };
    },
    changeable() {
      const e = document.activeElement;
      return !e.readOnly && !e.matches("[role=tab][aria-selected=true]") && (e.tagName !== "SELECT" || e.options.length > 1);
    },
    restore: () => document.activeElement?.form?.reset(),
    // What of its form is to be filled: all that is empty, one tick of several.
    empty(name) {
      const form = named(name)?.form;
      if (!form) return [];
      const fields = all("input:not([type=hidden]), select, textarea", form);
      const ticks = fields.filter((f) => f.type === "checkbox");
      const chosen = ticks.filter((f) => f.name === "one");
      const wanted = (f) => (f.type === "checkbox"
        ? !f.checked && (f.required || f.name === "outside" || (f === chosen[0] && !chosen.some((c) => c.checked)))
        : !f.value && (f.required || !f.type.startsWith("date")));
      toFill = fields.filter(wanted);
      return toFill.map((f, place) => `@${place}`);
    },
    // What a key asks of the server is noted, and not gone to: by the browser or by the shell.
    hold(path) {
      const is = (address) => new URL(address, location.href).pathname === path;
      const note = (address) => { api.asked = new URL(address, location.href).href; };
      const navigate = (event) => {
        if (!is(event.destination.url) || !event.cancelable) return;
        event.preventDefault();
        note(event.destination.url);
      };
      const click = (event) => { // to a page of its own
        const link = event.target.closest?.("a[target]");
        if (event.defaultPrevented || !link || !is(link.href)) return;
        event.preventDefault();
        note(link.href);
      };
      const real = window.fetch;
      window.fetch = (to, options) => {
        const plain = !options?.method && !new Headers(options?.headers).has("HX-Request");
        if (!plain || !is(to)) return real(to, options);
        note(to);
        return Promise.reject(new TypeError("held"));
      };
      api.asked = "";
      navigation.addEventListener("navigate", navigate);
      addEventListener("click", click);
      api.letGo = () => {
        navigation.removeEventListener("navigate", navigate);
        removeEventListener("click", click);
        window.fetch = real;
      };
    },
    // What a key can change in it.
    state: (e) => [e.parentElement?.open, e.value, e.checked, e.paused, e.getAttribute("aria-pressed")].join("|"),
  };
  return api;
})();
