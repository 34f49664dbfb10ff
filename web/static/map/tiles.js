// A map on tiles that the station itself serves: one archive (PMTiles), read by ranges, drawn as the
// page's colours say. No address stands here but the one that the page gives.
import { Map as Drawn, addProtocol, setWorkerCount, setWorkerUrl } from "./maplibre-gl.min.js";
import { PMTiles, Protocol, TileType } from "./pmtiles.min.js";

const protocol = new Protocol();
addProtocol("pmtiles", protocol.tile);
setWorkerUrl(new URL("./maplibre-gl-worker.min.js", import.meta.url).href); // a file, no blob: the policy has none
setWorkerCount(1);

// --- how an archive's layers are drawn: those of Protomaps' and OpenMapTiles' schemas ------------------

export const colour = (name) => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = `var(${name})`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
};
const fill = (name) => ({ type: "fill", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colour(name) } });
const line = (name, width, dashes) => ({
  type: "line", paint: { "line-color": colour(name), "line-width": width, ...(dashes && { "line-dasharray": dashes }) },
});
const wider = (least, most) => ["interpolate", ["exponential", 1.6], ["zoom"], 6, least, 16, most];
// Without an address of glyphs the browser's own font draws them.
const words = (layout) => ({
  type: "symbol",
  filter: ["has", "name"],
  layout: { "text-field": ["coalesce", ["get", `name:${document.documentElement.lang}`], ["get", "name"]], "text-font": ["Inter"], "text-size": 16, ...layout },
  paint: { "text-color": colour("--soft"), "text-halo-color": colour("--panel"), "text-halo-width": 2 },
});
const along = () => words({ "symbol-placement": "line" });
// In the order in which they lie on each other.
const LAYERS = [
  ["earth", () => fill("--panel")],
  ["landcover", () => fill("--raised")],
  ["landuse", () => fill("--raised")],
  ["water", () => fill("--line")],
  ["buildings", () => fill("--hair")],
  ["building", () => fill("--hair")],
  ["roads", () => line("--control", wider(0.5, 8))],
  ["transportation", () => line("--control", wider(0.5, 8))],
  ["boundaries", () => line("--edge", 1, [3, 2])],
  ["boundary", () => line("--edge", 1, [3, 2])],
  ["roads", along],
  ["transportation_name", along],
  ["places", () => words()],
  ["place", () => words()],
];

async function beneath(address) {
  const archive = new PMTiles(address);
  protocol.add(archive);
  const [header, about] = await Promise.all([archive.getHeader(), archive.getMetadata()]);
  const isVector = header.tileType === TileType.Mvt;
  const there = new Set((about.vector_layers ?? []).map((layer) => layer.id));
  const layers = isVector
    ? LAYERS.filter(([of]) => there.has(of)).map(([of, how], at) => ({ id: `tiles-${at}`, source: "tiles", "source-layer": of, ...how() }))
    : [{ id: "tiles", type: "raster", source: "tiles" }];
  const source = { type: isVector ? "vector" : "raster", url: `pmtiles://${address}`, ...(!isVector && { tileSize: 256 }) };
  const ground = { id: "ground", type: "background", paint: { "background-color": colour(isVector ? "--hair" : "--panel") } };
  // Whoever brings an archive writes into it: its words are text.
  const by = String(about.attribution ?? "").replace(/<[^>]*>/g, "");
  return { style: { version: 8, sources: { tiles: source }, layers: [ground, ...layers] }, most: header.maxZoom + 4, by };
}

// A map in `container`, of the archive at `address`, called `title`; and whose tiles they are. Throws where
// there is no archive, or the browser draws none (no WebGL).
export async function drawn(container, address, title, more) {
  const { style, most, by } = await beneath(new URL(address, location.href).href);
  if (!container.isConnected) return null;
  const map = new Drawn({
    container, style, attributionControl: false, dragRotate: false, pitchWithRotate: false, fadeDuration: 0,
    locale: { "Map.Title": title }, maxZoom: Math.min(18, most), ...more,
  });
  map.on("error", ({ error }) => console.info("a tile:", error.message)); // the others are drawn
  map.touchZoomRotate.disableRotation();
  return { map, by };
}

// A ring around what is looked for, under all else that lies on the tiles.
export function ring(map, longitude, latitude) {
  map.addSource("wanted", { type: "geojson", data: { type: "Point", coordinates: [longitude, latitude] } });
  map.addLayer({ id: "wanted", type: "circle", source: "wanted", paint: {
    "circle-radius": 11, "circle-opacity": 0, "circle-stroke-width": 3, "circle-stroke-color": colour("--focus") } });
}
