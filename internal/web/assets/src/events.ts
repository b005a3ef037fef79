import htmx from "htmx.org";

// The page of an import that is being worked on listens for how far it has come.
// Where events do not get through (a proxy that gathers answers, too many open
// pages), the page asks by itself.
const silence = 9000; // the server says something every few seconds
const pace = 1500; // of asking

const listening = new Set<string>();

export function events(root: ParentNode): void {
  const page = root.querySelector<HTMLElement>("#import[data-events]");
  const address = page?.dataset["events"];
  if (page && address && !listening.has(address)) listen(address);
}

type Work = { title: string; progress: string; percent: number };

function listen(address: string): void {
  listening.add(address);
  const source = new EventSource(address);
  let heard = Date.now();
  source.addEventListener("progress", (event) => {
    heard = Date.now();
    show(JSON.parse(event.data) as Work);
  });
  source.addEventListener("rest", () => {
    source.close();
    heard = 0;
  });
  const timer = setInterval(() => {
    const page = document.querySelector<HTMLElement>("#import[data-events]");
    if (page?.dataset["events"] !== address) {
      source.close();
      clearInterval(timer);
      listening.delete(address);
      return;
    }
    const quiet = Date.now() - heard;
    if (quiet < (source.readyState === EventSource.CLOSED ? pace : silence)) return;
    heard = Date.now();
    htmx.trigger(page, "news");
  }, 250);
}

function show(work: Work): void {
  const title = document.getElementById("work");
  const meter = document.querySelector<HTMLProgressElement>("#import progress");
  const progress = document.querySelector<HTMLElement>("#import [data-progress]");
  // written only when it differs, or it would be read out each time
  if (title && title.textContent !== work.title) title.textContent = work.title;
  if (meter && work.percent > 0) meter.value = work.percent;
  if (progress) progress.textContent = work.progress;
}
