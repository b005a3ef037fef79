// Records picked on a list stay picked from page to page of it, and when the tab
// is loaded again. Without script the boxes of one page work as a plain form does.

type Picked = { ids: string[]; all: string | null }; // all: the filter of which everything is meant

const nothing: Picked = { ids: [], all: null };

export function picking(root: ParentNode): void {
  if (root.querySelector("#login")) forget(); // whoever signs in next picks for himself
  const form = root.querySelector<HTMLFormElement>("#picked");
  if (form && !form.dataset["awake"]) wake(form);
  for (const change of root.querySelectorAll<HTMLFormElement>("form[data-forget-picked]")) {
    change.addEventListener("submit", () => sessionStorage.removeItem(key(change.dataset["forgetPicked"]!)), { once: true });
  }
}

function forget(): void {
  for (const name of Object.keys(sessionStorage)) if (name.startsWith(key(""))) sessionStorage.removeItem(name);
}

function key(kind: string): string { return `picked ${kind}`; }

function wake(form: HTMLFormElement): void {
  form.dataset["awake"] = "1";
  const boxes = [...document.querySelectorAll<HTMLInputElement>("input[data-pick]")];
  const page = document.querySelector<HTMLInputElement>("input[data-pick-page]");
  const all = form.elements.namedItem("everything") as HTMLInputElement;
  const says = form.querySelector<HTMLElement>("[data-says]")!;
  const drop = form.querySelector<HTMLButtonElement>("[data-drop]")!;
  const kind = form.dataset["kind"]!;
  const filter = form.dataset["of"]!;
  let last: HTMLInputElement | null = null;
  const held = new Set<string>();

  const show = () => {
    for (const box of boxes) {
      box.checked = all.checked || held.has(box.value);
      box.disabled = all.checked;
    }
    if (page) {
      page.checked = boxes.every((box) => box.checked);
      page.indeterminate = !page.checked && boxes.some((box) => box.checked);
      page.disabled = all.checked;
    }
    says.textContent = all.checked ? "" : says.dataset["says"]!.replace("#", String(held.size));
    form.hidden = !all.checked && held.size === 0;
  };
  const keep = () => {
    sessionStorage.setItem(key(kind), JSON.stringify({ ids: [...held], all: all.checked ? filter : null } satisfies Picked));
    show();
  };
  const set = (box: HTMLInputElement, on: boolean) => { if (on) held.add(box.value); else held.delete(box.value); };

  const before = { ...nothing, ...(JSON.parse(sessionStorage.getItem(key(kind)) ?? "{}") as Partial<Picked>) };
  before.ids.forEach((id) => held.add(id));
  all.checked = before.all === filter;
  drop.hidden = false;
  if (page) page.hidden = false;
  for (const box of boxes) {
    box.addEventListener("click", (event) => {
      const [a, b] = [boxes.indexOf(last ?? box), boxes.indexOf(box)];
      const range = event.shiftKey ? boxes.slice(Math.min(a, b), Math.max(a, b) + 1) : [box];
      range.forEach((one) => set(one, box.checked));
      last = box;
      keep();
    });
  }
  page?.addEventListener("change", () => { boxes.forEach((box) => set(box, page.checked)); keep(); });
  all.addEventListener("change", keep);
  drop.addEventListener("click", () => { held.clear(); all.checked = false; keep(); });
  form.addEventListener("formdata", (event) => {
    event.formData.delete("ids");
    if (!all.checked) event.formData.append("ids", [...held].join(","));
  });
  show();
}

// A choice marked data-shows shows those parts of its form that belong to what is
// chosen, and hides the others.
export function choosing(root: ParentNode): void {
  for (const select of root.querySelectorAll<HTMLSelectElement>("select[data-shows]")) {
    if (select.dataset["awake"]) continue;
    select.dataset["awake"] = "1";
    const show = () => {
      for (const part of select.form!.querySelectorAll<HTMLElement>("[data-shown-for]")) {
        const names = part.dataset["shownFor"]!.split(" ");
        const shown = names.some((name) => select.value === name || (name.endsWith(".") && select.value.startsWith(name)));
        part.hidden = !shown;
        // what is not seen neither goes along nor holds the form back
        part.querySelectorAll<HTMLInputElement>("input, select, textarea").forEach((control) => { control.disabled = !shown; });
      }
    };
    select.addEventListener("change", show);
    show();
  }
}
