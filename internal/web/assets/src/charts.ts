import { BarController, BarElement, CategoryScale, Chart, Legend, LinearScale, Tooltip } from "chart.js";

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Legend, Tooltip);

const drawn = new Map<HTMLCanvasElement, Chart>();

// A chart is drawn from the table that stands beside it, so that both always
// say the same and a screen reader misses nothing.
export function charts(root: ParentNode): void {
  for (const [canvas, chart] of drawn) {
    if (canvas.isConnected) continue;
    chart.destroy();
    drawn.delete(canvas);
  }
  for (const canvas of root.querySelectorAll<HTMLCanvasElement>("canvas[data-load]")) {
    if (!drawn.has(canvas)) drawn.set(canvas, draw(canvas));
  }
}

addEventListener("themechange", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

function redraw(): void {
  for (const [canvas, chart] of drawn) {
    chart.destroy();
    drawn.set(canvas, draw(canvas));
  }
}

function draw(canvas: HTMLCanvasElement): Chart {
  const table = document.getElementById(canvas.dataset["load"]!)!;
  const rows = [...table.querySelectorAll<HTMLElement>("tr[data-before]")].slice(0, Number(canvas.dataset["most"] ?? 20));
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const values = (name: string) => rows.map((row) => Number(row.dataset[name]));
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.color = color("--quiet");
  canvas.parentElement!.dataset["rows"] = String(Math.min(rows.length, 20));
  const bars = { borderRadius: 3, barPercentage: 0.86, categoryPercentage: 0.68 };
  return new Chart(canvas, {
    type: "bar",
    data: {
      labels: rows.map((row) => row.dataset["name"]),
      datasets: [
        { label: canvas.dataset["beforeLabel"]!, data: values("before"), backgroundColor: color("--bar-before"), ...bars },
        { label: canvas.dataset["afterLabel"]!, data: values("after"), backgroundColor: color("--bar-after"), ...bars },
      ],
    },
    options: {
      indexAxis: "y",
      animation: false,
      maintainAspectRatio: false,
      scales: {
        x: { beginAtZero: true, grid: { color: color("--hair") }, ticks: { precision: 0, callback: (v) => number.format(Number(v)) } },
        y: { grid: { display: false } },
      },
      plugins: {
        legend: { position: "top", align: "start", labels: { boxWidth: 12, boxHeight: 12 } },
        tooltip: { callbacks: { label: (c) => `${c.dataset.label}: ${number.format(c.parsed.x ?? 0)}` } },
      },
    },
  });
}
