// The map's page on tiles, in the place of the outlines, which stay where a browser can't draw it. Alarms
// are those that stand in the page (data-alarms), which asks for itself again.
import { colour, drawn, ring } from "./tiles.js";

const SIGNS = { 1: "▲", 2: "◆", 3: "●", 4: "○" };
const open = () => document.getElementById("map")?.dataset.alarms ?? "[]"; // alarms, in JSON
const alarms = () => ({
  type: "FeatureCollection",
  features: JSON.parse(open()).map(([latitude, longitude, priority, many]) => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: [longitude, latitude] },
    properties: { priority, sign: SIGNS[priority] + (many > 1 ? ` ${many}` : "") },
  })),
});

function lay(map, sites) {
  const panel = colour("--panel");
  const priority = ["match", ["get", "priority"], 1, colour("--p1"), 2, colour("--p2"), 3, colour("--p3"), colour("--p4")];
  map.addSource("sites", { type: "geojson", data: sites });
  map.addSource("alarms", { type: "geojson", data: alarms() });
  map.addLayer({ id: "sites", type: "circle", source: "sites", paint: {
    "circle-radius": 4, "circle-color": colour("--soft"), "circle-stroke-width": 1, "circle-stroke-color": panel } });
  map.addLayer({ id: "alarm-rings", type: "circle", source: "alarms", paint: {
    "circle-radius": 15, "circle-color": panel, "circle-stroke-width": 2, "circle-stroke-color": priority } });
  map.addLayer({ id: "alarms", type: "symbol", source: "alarms",
    layout: { "text-field": ["get", "sign"], "text-font": ["Inter"], "text-size": 18, "text-allow-overlap": true, "text-ignore-placement": true },
    paint: { "text-color": priority, "text-halo-color": panel, "text-halo-width": 2 } });
}

let shown = null; // its element, and how it ends

async function draw(place) {
  const { archive, sites, title } = place.dataset;
  const [at, [south, west, north, east]] = [JSON.parse(place.dataset.at), JSON.parse(place.dataset.bounds)];
  const found = await drawn(place.querySelector("[data-canvas]"), archive, title,
    at ? { center: [at[1], at[0]], zoom: 14 } : { bounds: [[west, south], [east, north]], fitBoundsOptions: { padding: 20 } });
  if (!found) return;
  const { map, by } = found;
  let laid = "";
  map.on("load", () => {
    if (at) ring(map, at[1], at[0]);
    lay(map, new URL(sites, location.href).href);
    laid = open();
    place.closest(".halves").classList.add("tiled");
    map.on("idle", () => { place.dataset.drawn = laid; });
  });
  place.querySelector("[data-by]").textContent = by;
  for (const button of place.querySelectorAll("[data-zoom]"))
    button.addEventListener("click", () => map.zoomTo(map.getZoom() + Number(button.dataset.zoom), { duration: 0 }));
  const watch = new MutationObserver(() => {
    if (!laid || open() === laid) return;
    laid = open();
    map.getSource("alarms").setData(alarms());
  });
  watch.observe(place.parentElement, { subtree: true, childList: true, attributeFilter: ["data-alarms"] });
  shown.end = () => { watch.disconnect(); map.remove(); };
}

function come() {
  const place = document.getElementById("tiles");
  if (shown && shown.place !== place) { shown.end(); shown = null; }
  if (!place || shown) return;
  shown = { place, end: () => {} };
  draw(place).catch((error) => console.info("no tiles:", error.message));
}
document.addEventListener("callflow:page", come);
come();
