// What a map stands on without a tile server: meridians and parallels with their
// degrees. And the scale, in the page's language.
import * as L from "leaflet";

const steps = [60, 30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
const leastPixels = 110;
const cornerPixels = 125; // where the scale stands

export function graticule(): L.LayerGroup {
  const lines = L.layerGroup();
  const redraw = (event: L.LeafletEvent) => draw(lines, event.target as L.Map);
  const added = lines.onAdd.bind(lines);
  lines.onAdd = (map) => {
    map.on("moveend", redraw);
    map.whenReady(() => draw(lines, map));
    return added(map);
  };
  return lines;
}

function draw(lines: L.LayerGroup, map: L.Map): void {
  lines.clearLayers();
  const bounds = map.getBounds();
  const degreePixels = (256 * 2 ** map.getZoom()) / 360;
  const step = [...steps].reverse().find((s) => s * degreePixels >= leastPixels) ?? 60;
  const [west, east] = [bounds.getWest(), bounds.getEast()];
  const [south, north] = [Math.max(-85, bounds.getSouth()), Math.min(85, bounds.getNorth())];
  const line = (from: L.LatLngTuple, to: L.LatLngTuple) =>
    L.polyline([from, to], { className: "degree", interactive: false }).addTo(lines);
  const label = (at: L.LatLngTuple, words: string, name: string) =>
    L.marker(at, { interactive: false, keyboard: false, icon: L.divIcon({ html: text(words), className: `degree-label ${name}`, iconSize: [0, 0] }) }).addTo(lines);
  for (let n = Math.ceil(west / step); n * step <= east; n++) {
    line([south, n * step], [north, n * step]);
    if (map.latLngToContainerPoint([0, n * step]).x > cornerPixels) label([bounds.getSouth(), n * step], degrees(wrapped(n * step), step), "meridian");
  }
  for (let n = Math.ceil(south / step); n * step <= north; n++) {
    line([n * step, west], [n * step, east]);
    if (map.getSize().y - map.latLngToContainerPoint([n * step, 0]).y > 60) label([n * step, west], degrees(n * step, step), "parallel");
  }
}

function wrapped(lng: number): number {
  return ((((lng + 180) % 360) + 360) % 360) - 180;
}

function degrees(n: number, step: number): string {
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return `${new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(n)}°`;
}

function text(words: string): HTMLElement {
  const span = document.createElement("span");
  span.setAttribute("aria-hidden", "true");
  span.textContent = words;
  return span;
}

// scale says how long a line is, in words such as "%n м" and "%n км".
export function scale(metres: string, kilometres: string): L.Control {
  const box = document.createElement("div");
  box.className = "map-scale";
  const control = new L.Control({ position: "bottomleft" });
  control.onAdd = (map) => {
    const show = () => {
      const size = map.getSize();
      const most = map.distance(map.containerPointToLatLng([0, size.y / 2]), map.containerPointToLatLng([100, size.y / 2]));
      const power = 10 ** Math.floor(Math.log10(most));
      const length = [5, 2, 1].map((n) => n * power).find((n) => n <= most) ?? power;
      box.style.width = `${Math.round((100 * length) / most)}px`;
      const number = new Intl.NumberFormat(document.documentElement.lang);
      box.textContent = length < 1000 ? metres.replace("%n", number.format(length)) : kilometres.replace("%n", number.format(length / 1000));
    };
    map.on("move", show);
    map.whenReady(show);
    return box;
  };
  return control;
}
