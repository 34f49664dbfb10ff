// The map around an alarm's site: drawn when it comes into view and not before, on the station's tiles, else
// on outlines. Its place is kept for it, so that nothing moves.
import { $, $$ } from "./dom.js";
import { onPage } from "./shell.js";

const maps = new Map(); // place -> its map
const known = new WeakSet();

function outline(place, plain) {
  place.replaceChildren(...(plain ? [plain.content.cloneNode(true)] : []));
}

async function tile(place) {
  const { drawn, ring } = await import("../map/tiles.js");
  const [longitude, latitude] = JSON.parse(place.dataset.at);
  const [canvas, by] = ["div", "p"].map((name) => place.appendChild(document.createElement(name)));
  const found = await drawn(canvas, place.dataset.archive, place.getAttribute("aria-label"),
    { center: [longitude, latitude], zoom: 14, interactive: false });
  if (!found) return;
  maps.set(place, found.map);
  by.textContent = found.by;
  found.map.on("load", () => {
    ring(found.map, longitude, latitude);
    found.map.on("idle", () => { canvas.dataset.drawn = ""; });
  });
}

function draw(place) {
  const plain = $("template", place);
  if (!place.dataset.archive) return outline(place, plain);
  return tile(place).catch((error) => { console.info("no tiles:", error.message); outline(place, plain); });
}

const inView = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    inView.unobserve(target);
    draw(target);
  }
});

function look() {
  for (const [place, map] of maps) {
    if (place.isConnected) continue;
    maps.delete(place);
    map.remove();
  }
  for (const place of $$(".inset")) {
    if (known.has(place)) continue;
    known.add(place);
    inView.observe(place);
  }
}
onPage(look);
document.addEventListener("callflow:shown", look);
document.addEventListener("callflow:morphed", look);
