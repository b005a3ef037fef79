// Maps: of a section, part by part as it is looked at, and the small ones of
// cards. The server puts together what lies close; here it is only drawn.
import * as L from "leaflet";
import { graticule, scale } from "./ground";

type Point = { id: number; title: string; lat: number; lng: number; radius: number; active: boolean };
type Group = { n: number; lat: number; lng: number; box: [number, number, number, number] };
type Answer = { points: Point[]; groups: Group[] };

const deepest = 18;
const edge = 85.05; // the square world of the web ends there
const visiblePixels = 7; // a radius smaller than its point says nothing

const drawn = new Map<HTMLElement, RecordMap>();

function awaken(): void {
  for (const [box, one] of drawn) {
    if (box.isConnected) continue;
    one.end();
    drawn.delete(box);
  }
  for (const box of document.querySelectorAll<HTMLElement>("[data-map]")) {
    if (!drawn.has(box)) drawn.set(box, new RecordMap(box));
  }
}

class RecordMap {
  private readonly map: L.Map;
  private readonly markers = new Map<string, L.Marker>();
  private readonly radii = L.layerGroup();
  private readonly chosen = L.layerGroup();
  private readonly number = new Intl.NumberFormat(document.documentElement.lang);
  private asked = new AbortController();
  private opener: HTMLElement | undefined;

  constructor(private readonly box: HTMLElement) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map = L.map(this.part("ground"), {
      attributionControl: false, zoomControl: false, worldCopyJump: true, minZoom: 1, maxZoom: deepest,
      zoomAnimation: !calm, fadeAnimation: !calm, markerZoomAnimation: !calm, scrollWheelZoom: !this.small,
    });
    L.control.zoom({ zoomInTitle: this.say("In"), zoomOutTitle: this.say("Out") }).addTo(this.map);
    scale(this.box.dataset["sayMetres"]!, this.box.dataset["sayKilometres"]!).addTo(this.map);
    this.layGround();
    this.radii.addTo(this.map);
    this.chosen.addTo(this.map);
    this.begin();
    this.map.on("moveend", () => { this.keepView(); void this.load(); });
    this.part("close").addEventListener("click", () => this.close());
    this.box.addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(); });
    this.part("fault").querySelector("button")!.addEventListener("click", () => void this.load());
    void this.load();
  }

  end(): void {
    this.asked.abort();
    this.map.remove();
  }

  private get small(): boolean { return this.box.classList.contains("small"); }
  private part(name: string): HTMLElement { return this.box.querySelector<HTMLElement>(`[data-${name}]`)!; }
  private say(what: string, n = ""): string { return (this.box.dataset[`say${what}`] ?? "").replace("%n", n); }

  private layGround(): void {
    const tiles = this.box.dataset["tiles"];
    if (!tiles) {
      graticule().addTo(this.map);
      return;
    }
    // public tile servers want to know which site asks; they are told no more
    const ground = L.tileLayer(tiles, { maxZoom: deepest, referrerPolicy: "strict-origin" });
    ground.once("tileerror", () => this.complain(this.say("NoGround"), false));
    ground.addTo(this.map);
  }

  // The view stands after the # of the address, so that one comes back to it;
  // without it all that was found is shown.
  private begin(): void {
    const [, zoom, lat, lng] = /^#map=(\d+)\/(-?[\d.]+)\/(-?[\d.]+)$/.exec(location.hash) ?? [];
    if (!this.small && zoom && lat && lng) {
      this.map.setView([Number(lat), Number(lng)], Number(zoom));
      return;
    }
    this.fit(this.box.dataset["bounds"]!.split(",").map(Number) as Group["box"], 16);
  }

  private fit([west, south, east, north]: Group["box"], most: number): void {
    const bounds = L.latLngBounds([south, west], [north, east < west ? east + 360 : east]);
    this.map.fitBounds(bounds, { maxZoom: most, padding: this.small ? [24, 24] : [48, 48] });
  }

  private keepView(): void {
    if (this.small) return;
    const { lat, lng } = this.map.getCenter();
    history.replaceState(history.state, "", `#map=${this.map.getZoom()}/${lat.toFixed(5)}/${lng.toFixed(5)}`);
  }

  private async load(): Promise<void> {
    const own = this.box.dataset["own"];
    if (own) return this.draw({ points: [JSON.parse(own) as Point], groups: [] });
    this.asked.abort();
    const asked = (this.asked = new AbortController());
    const slow = window.setTimeout(() => { this.part("busy").hidden = false; }, 250);
    this.part("ground").setAttribute("aria-busy", "true");
    this.part("fault").hidden = true;
    try {
      const url = this.address("points", `box=${this.view()}&zoom=${this.map.getZoom()}`);
      const answer = await fetch(url, { signal: asked.signal, headers: { Accept: "application/json" } });
      const said = (await answer.json()) as Answer & { message?: string };
      if (!answer.ok) throw new Error(said.message ?? this.say("Failed"));
      this.draw(said);
    } catch (error) {
      if (asked.signal.aborted) return;
      this.complain(error instanceof TypeError || error instanceof SyntaxError ? this.say("Failed") : (error as Error).message, true);
    } finally {
      clearTimeout(slow);
      if (asked === this.asked) {
        this.part("busy").hidden = true;
        this.part("ground").removeAttribute("aria-busy");
      }
    }
  }

  private address(name: "points" | "spot", query: string): string {
    const url = this.box.dataset[name]!;
    return url + (url.includes("?") ? "&" : "?") + query;
  }

  private complain(words: string, again: boolean): void {
    this.part("fault").hidden = false;
    this.part("fault").querySelector("span")!.textContent = words;
    this.part("fault").querySelector("button")!.hidden = !again;
  }

  // The part of the world that is looked at, in degrees that are on the globe.
  private view(): string {
    const b = this.map.getBounds();
    const south = b.getSouth() <= -edge ? -90 : b.getSouth();
    const north = b.getNorth() >= edge ? 90 : b.getNorth();
    const whole = b.getEast() - b.getWest() >= 360;
    const edges = [whole ? -180 : onGlobe(b.getWest()), south, whole ? 180 : onGlobe(b.getEast()), north];
    return edges.map((n) => n.toFixed(6)).join(",");
  }

  // Where on this view a longitude is: the world repeats itself to both sides.
  private near(lat: number, lng: number): L.LatLng {
    const west = this.map.getBounds().getWest();
    const east = this.map.getBounds().getEast();
    while (lng < west && lng + 360 <= east) lng += 360;
    while (lng > east && lng - 360 >= west) lng -= 360;
    return L.latLng(Math.max(-edge, Math.min(edge, lat)), lng);
  }

  // What is there already stays, so that nothing blinks and the focus is kept.
  private draw(answer: Answer): void {
    const before = new Set(this.markers.keys());
    const put = (key: string, at: L.LatLng, make: () => L.Marker) => {
      before.delete(key);
      const marker = this.markers.get(key);
      if (marker) marker.setLatLng(at);
      else this.markers.set(key, make().addTo(this.map));
    };
    this.radii.clearLayers();
    this.thin(answer);
    for (const group of answer.groups) {
      const at = this.near(group.lat, group.lng);
      put(`group ${group.n} ${group.box.join()}`, at, () => this.group(group, at));
    }
    for (const point of answer.points) {
      const at = this.near(point.lat, point.lng);
      put(`point ${point.id}`, at, () => this.point(point, at));
      if (point.radius / this.metresPerPixel(at.lat) >= visiblePixels) this.radii.addLayer(circle(point, at, "radius"));
    }
    const held = document.activeElement;
    for (const key of before) {
      const gone = this.markers.get(key)!;
      if (gone.getElement()?.contains(held)) this.part("ground").focus({ preventScroll: true });
      gone.remove();
      this.markers.delete(key);
    }
    this.box.dataset["drawn"] = String(answer.points.length + answer.groups.length);
  }

  // What would hide behind a bigger marker goes into its group.
  private thin(answer: Answer): void {
    const at = (one: { lat: number; lng: number }) => this.map.latLngToLayerPoint(this.near(one.lat, one.lng));
    const kept: Group[] = [];
    const hides = (one: { n: number; lat: number; lng: number }) => kept.find((big) =>
      Math.abs(big.lng - one.lng) < 180 && at(big).distanceTo(at(one)) < (diameter(big.n) + (one.n > 1 ? diameter(one.n) : 0)) * 0.45);
    for (const group of answer.groups.sort((a, b) => b.n - a.n)) {
      const big = hides(group);
      if (big) join(big, group);
      else kept.push(group);
    }
    answer.groups = kept;
    answer.points = answer.points.filter((point) => {
      const big = hides({ n: 1, ...point });
      if (big) join(big, { n: 1, lat: point.lat, lng: point.lng, box: [point.lng, point.lat, point.lng, point.lat] });
      return !big;
    });
  }

  private metresPerPixel(lat: number): number {
    return (40_075_016.686 * Math.cos((lat * Math.PI) / 180)) / (256 * 2 ** this.map.getZoom());
  }

  private point(point: Point, at: L.LatLng): L.Marker {
    const button = document.createElement("button");
    button.title = point.active ? point.title : `${point.title} (${this.say("Inactive")})`;
    button.dataset["point"] = String(point.id);
    const marker = this.marker(at, button, point.active ? "point" : "point asleep", 22);
    if (this.box.dataset["own"]) {
      this.chosen.addLayer(circle(point, at, "radius chosen"));
      button.disabled = true;
    } else marker.on("click", () => {
      this.chosen.clearLayers().addLayer(circle(point, marker.getLatLng(), "radius chosen"));
      void this.tell(button, `${this.box.dataset["records"]}/${point.id}/point`);
    });
    return marker;
  }

  private group(group: Group, at: L.LatLng): L.Marker {
    const button = document.createElement("button");
    const text = this.number.format(group.n);
    button.textContent = text;
    button.setAttribute("aria-label", this.say("Group", text));
    return this.marker(at, button, "group", diameter(group.n)).on("click", () => this.enter(group, button));
  }

  private marker(at: L.LatLng, button: HTMLButtonElement, name: string, size: number): L.Marker {
    button.type = "button";
    if (!button.textContent) button.setAttribute("aria-label", button.title);
    return L.marker(at, { keyboard: false, icon: L.divIcon({ html: button, className: `map-mark ${name}`, iconSize: [size, size] }) });
  }

  // A group opens by looking nearer; what no zoom parts is listed.
  private enter(group: Group, button: HTMLElement): void {
    const [west, south, east, north] = group.box;
    const zoom = this.map.getZoom();
    if (zoom >= deepest || (west === east && south === north)) {
      void this.tell(button, this.address("spot", `box=${group.box.join()}`));
      return;
    }
    this.part("ground").focus({ preventScroll: true });
    const fits = this.map.getBoundsZoom(L.latLngBounds([south, west], [north, east]), false, L.point(96, 96));
    if (fits > zoom) this.fit(group.box, deepest);
    else this.map.setView(this.near(group.lat, group.lng), zoom + 1);
  }

  private async tell(opener: HTMLElement, url: string): Promise<void> {
    try {
      const answer = await fetch(url);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const said = page.querySelector(answer.ok ? "#spot" : "main");
      if (!said || answer.redirected) throw new Error(url);
      this.opener = opener;
      this.part("said").replaceChildren(said);
      this.part("panel").hidden = false;
      this.part("panel").focus({ preventScroll: true });
      this.part("panel").scrollIntoView({ block: "nearest" });
    } catch {
      this.complain(this.say("Failed"), false);
    }
  }

  private close(): void {
    if (this.part("panel").hidden) return;
    this.part("panel").hidden = true;
    this.chosen.clearLayers();
    (this.opener?.isConnected ? this.opener : this.part("ground")).focus({ preventScroll: true });
  }
}

function circle(point: Point, at: L.LatLng, name: string): L.Circle {
  return L.circle(at, { radius: point.radius, interactive: false, className: name });
}

function diameter(n: number): number {
  return n < 10 ? 34 : n < 1000 ? 42 : n < 100_000 ? 52 : 60;
}

// The bigger group keeps its place.
function join(big: Group, small: Group): void {
  const [west, south, east, north] = big.box;
  big.box = [Math.min(west, small.box[0]), Math.min(south, small.box[1]), Math.max(east, small.box[2]), Math.max(north, small.box[3])];
  big.n += small.n;
}

function onGlobe(lng: number): number {
  return ((((lng + 180) % 360) + 360) % 360) - 180;
}

awaken();
document.addEventListener("htmx:after:settle", awaken);
