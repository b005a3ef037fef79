// Builds the front end into dist: scripts and style sheets, and the icons
// that the templates, the pages and the catalog name.
import { build, context } from "esbuild";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const web = dirname(here);
const root = dirname(dirname(web));
const dist = join(here, "dist");

// Where icons are named, and how.
const places = [
  { folder: join(web, "templates"), ending: ".html", pattern: /icon "([a-z0-9-]+)"/g },
  { folder: web, ending: ".go", pattern: /Icon: +"([a-z0-9-]+)"/g },
  { folder: join(root, "internal/catalog"), ending: ".go", pattern: /Icon: +"([a-z0-9-]+)"/g },
];

async function iconNames() {
  const names = new Set();
  for (const { folder, ending, pattern } of places) {
    for (const file of await readdir(folder)) {
      if (!file.endsWith(ending)) continue;
      const text = await readFile(join(folder, file), "utf8");
      for (const [, name] of text.matchAll(pattern)) names.add(name);
    }
  }
  return [...names].sort();
}

// Only what is inside the <svg> is kept: the page writes the element itself.
async function icons() {
  const drawn = {};
  for (const name of await iconNames()) {
    const file = join(root, "node_modules/@tabler/icons/icons/outline", `${name}.svg`);
    const svg = await readFile(file, "utf8");
    const inside = svg.replace(/<!--[\s\S]*?-->/g, "").replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, "");
    drawn[name] = inside.replace(/\s*\n\s*/g, "");
  }
  await writeFile(join(dist, "icons.json"), JSON.stringify(drawn, null, 1) + "\n");
}

const options = {
  entryPoints: ["app.ts", "theme.ts", "map.ts", "app.css", "map.css"].map((name) => join(here, "src", name)),
  outdir: dist,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022", "chrome109", "firefox115", "safari16.4"],
  legalComments: "linked",
  loader: { ".png": "dataurl" },
  logLevel: "info",
};

await mkdir(dist, { recursive: true });
await icons();
if (process.argv.includes("--watch")) {
  const watching = await context(options);
  await watching.watch();
} else {
  await build(options);
}
