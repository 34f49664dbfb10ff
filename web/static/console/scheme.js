// Dark, dim or light without leaving the page: a call goes on.
import { $$ } from "./dom.js";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches(".schemes")) return;
  event.preventDefault();
  const sent = new URLSearchParams(new FormData(form, event.submitter));
  document.documentElement.dataset.scheme = sent.get("scheme");
  $$("button", form).forEach((b) => b.setAttribute("aria-pressed", String(b.value === sent.get("scheme"))));
  fetch("/scheme", { method: "POST", body: sent, redirect: "manual", keepalive: true }).catch(() => null);
});
