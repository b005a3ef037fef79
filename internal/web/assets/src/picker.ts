// Choosing people and records by typing. Beneath lies a plain control that works
// without script: a <select multiple> of employees, or an input for a record's id.

type Choice = { id: string; name: string; note?: string };

const limit = 30;

export function pickers(root: ParentNode): void {
  for (const select of root.querySelectorAll<HTMLSelectElement>("select[data-picker]")) {
    if (!select.dataset["awake"]) people(select);
  }
  for (const input of root.querySelectorAll<HTMLInputElement>("input[data-lookup]")) {
    if (!input.dataset["awake"]) reference(input);
  }
}

function people(select: HTMLSelectElement): void {
  select.dataset["awake"] = "1";
  const several = select.multiple;
  const box = new Box(select, async (typed) => {
    const words = fold(typed).split(/\s+/).filter(Boolean);
    return [...select.options]
      .filter((o) => o.value !== "" && !(several && o.selected))
      .map((o) => ({ id: o.value, name: o.text, note: o.dataset["note"] ?? "" }))
      .filter((c) => words.every((w) => fold(`${c.name} ${c.note}`).includes(w)))
      .slice(0, limit);
  });

  const show = () => {
    const chosen = [...select.selectedOptions].filter((o) => o.value !== "");
    box.chips(several ? chosen.map((o) => ({ id: o.value, name: o.text })) : []);
    if (!several) box.search.value = chosen[0]?.text ?? "";
  };
  const set = (id: string, on: boolean) => {
    for (const option of select.options) {
      if (option.value === id) option.selected = on;
      else if (!several && on) option.selected = false;
    }
    show();
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };
  box.onChoose = (choice) => set(choice.id, true);
  box.onDrop = (id) => set(id, false);
  box.onClear = () => { if (!several && select.value !== "") set("", true); };
  show();
}

function reference(input: HTMLInputElement): void {
  input.dataset["awake"] = "1";
  const box = new Box(input, async (typed) => {
    const url = `${input.dataset["lookup"]}?q=${encodeURIComponent(typed)}`;
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    return answer.ok ? ((await answer.json()) as Choice[]) : [];
  });
  input.type = "hidden";
  box.search.value = input.dataset["title"] ?? "";
  const set = (id: string, name: string) => {
    box.search.value = name;
    if (input.value === id) return;
    input.value = id;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  box.onChoose = (choice) => set(choice.id, choice.name);
  box.onClear = () => set("", "");
}

function fold(text: string): string {
  return text.toLowerCase().replaceAll("ё", "е").trim();
}

let boxes = 0;

// Box is a combobox after the ARIA pattern: the list below the input is walked
// by arrows while the focus stays in the input.
class Box {
  readonly search = document.createElement("input");
  onChoose: (choice: Choice) => void = () => {};
  onDrop: (id: string) => void = () => {};
  onClear: () => void = () => {};

  private readonly list = document.createElement("ul");
  private readonly held = document.createElement("div");
  private choices: Choice[] = [];
  private at = -1;
  private asked = 0;
  private typed = false; // something stands in the input that has not been chosen
  private timer = 0;
  private opening = Promise.resolve(); // the list for what stands in the input
  private settling: Promise<void> | undefined;

  constructor(private readonly below: HTMLSelectElement | HTMLInputElement, private readonly find: (typed: string) => Promise<Choice[]>) {
    const root = document.createElement("div");
    root.className = "picker";
    this.held.className = "picker-held";
    this.list.className = "picker-list";
    this.list.id = `picker-${++boxes}`;
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.search.type = "text";
    this.search.className = "form-control";
    this.search.autocomplete = "off";
    this.search.placeholder = below.dataset["placeholder"] ?? "";
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id,
    })) this.search.setAttribute(name, value);
    this.takeLabel();
    below.hidden = true;
    below.before(root);
    root.append(this.held, this.search, this.list);
    this.listen(root);
  }

  /** Shows what has been chosen, each with a button that drops it. */
  chips(chosen: Choice[]): void {
    this.held.replaceChildren(...chosen.map((choice) => {
      const chip = document.createElement("span");
      chip.className = "chip";
      const drop = document.createElement("button");
      drop.type = "button";
      drop.textContent = "×";
      drop.setAttribute("aria-label", `${this.below.dataset["drop"] ?? ""} ${choice.name}`);
      drop.addEventListener("click", () => { this.onDrop(choice.id); this.search.focus(); });
      chip.append(choice.name, drop);
      return chip;
    }));
  }

  // The label of the control beneath now names the input.
  private takeLabel(): void {
    const label = this.below.labels?.[0];
    this.search.id = `${this.below.id}-search`;
    const name = label?.textContent?.trim() ?? this.below.getAttribute("aria-label") ?? "";
    if (label) label.htmlFor = this.search.id;
    else this.search.setAttribute("aria-label", name);
    this.list.setAttribute("aria-label", name);
    for (const attribute of ["aria-describedby", "aria-invalid"]) {
      const value = this.below.getAttribute(attribute);
      if (value) this.search.setAttribute(attribute, value);
    }
    if (this.below.classList.contains("is-invalid")) this.search.classList.add("is-invalid");
  }

  private listen(root: HTMLElement): void {
    this.search.addEventListener("input", () => {
      this.typed = this.search.value.trim() !== "";
      this.search.setCustomValidity("");
      if (!this.typed) this.onClear();
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => { this.timer = 0; this.opening = this.open(); }, this.below instanceof HTMLSelectElement ? 0 : 160);
    });
    this.below.form?.addEventListener("submit", (event) => {
      if (!this.typed || this.search.disabled) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const form = event.target as HTMLFormElement;
      void this.settle().then(() => {
        if (this.typed) this.search.reportValidity();
        else form.requestSubmit(event.submitter);
      });
    }, { capture: true });
    this.search.addEventListener("focus", () => {
      if (!(this.below instanceof HTMLSelectElement)) return;
      const typed = this.below.multiple && this.search.value !== "";
      this.search.select();
      void this.open(!typed);
    });
    this.search.addEventListener("keydown", (event) => this.key(event));
    // Some keyboards and tools press a key without its keydown.
    this.search.addEventListener("keypress", (event) => { if (event.key === "Enter") event.preventDefault(); });
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the input keeps the focus
      const item = (event.target as Element).closest<HTMLElement>("[data-n]");
      if (item) this.choose(Number(item.dataset["n"]));
    });
    root.addEventListener("focusout", (event) => {
      if (root.contains(event.relatedTarget as Node)) return;
      this.close();
      void this.settle();
    });
  }

  // What was typed and left must not be dropped in silence when the form is
  // sent: it is taken when it can mean only one choice, else the form waits.
  private settle(): Promise<void> {
    this.settling ??= this.decide().finally(() => { this.settling = undefined; });
    return this.settling;
  }

  private async decide(): Promise<void> {
    const words = this.search.value.trim();
    if (!this.typed) return;
    const choices = await this.find(words).catch(() => []);
    if (!this.typed || words !== this.search.value.trim()) return;
    this.choices = choices;
    const exact = choices.findIndex((c) => fold(c.name) === fold(words) || fold(c.note ?? "") === fold(words));
    if (exact >= 0 || choices.length === 1) this.choose(Math.max(exact, 0));
    else this.search.setCustomValidity(this.below.dataset["pick"] ?? this.below.dataset["none"] ?? "—");
  }

  private async open(all = false): Promise<void> {
    const asked = ++this.asked;
    const choices = await this.find(all ? "" : this.search.value.trim());
    if (asked !== this.asked || document.activeElement !== this.search) return;
    this.choices = choices;
    this.at = choices.length > 0 && !all ? 0 : -1;
    this.list.replaceChildren(...choices.map((choice, n) => this.item(choice, n)));
    if (choices.length === 0) {
      const none = document.createElement("li");
      none.className = "picker-none";
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      none.textContent = this.below.dataset["none"] ?? "—";
      this.list.append(none);
    }
    this.list.hidden = false;
    this.search.setAttribute("aria-expanded", "true");
    this.mark();
  }

  private item(choice: Choice, n: number): HTMLElement {
    const item = document.createElement("li");
    item.id = `${this.list.id}-${n}`;
    item.dataset["n"] = String(n);
    item.setAttribute("role", "option");
    item.append(choice.name);
    if (choice.note) {
      const note = document.createElement("small");
      note.textContent = choice.note;
      item.append(note);
    }
    return item;
  }

  private mark(): void {
    for (const item of this.list.children) {
      const here = (item as HTMLElement).dataset["n"] === String(this.at);
      item.setAttribute("aria-selected", String(here));
      if (here) item.scrollIntoView({ block: "nearest" });
    }
    if (this.at >= 0) this.search.setAttribute("aria-activedescendant", `${this.list.id}-${this.at}`);
    else this.search.removeAttribute("aria-activedescendant");
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape" && !this.list.hidden) {
      event.stopPropagation();
      this.close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      event.stopPropagation();
      if (this.list.hidden) return void this.open();
      this.at = Math.max(0, Math.min(this.choices.length - 1, this.at + (event.key === "ArrowDown" ? 1 : -1)));
      this.mark();
    } else if (event.key === "Enter") {
      event.preventDefault(); // choosing a name must not send the form
      void this.take();
    }
  }

  // Who types fast presses Enter before the list has followed.
  private async take(): Promise<void> {
    if (this.timer) {
      clearTimeout(this.timer);
      this.timer = 0;
      this.opening = this.open();
    }
    await this.opening;
    if (!this.list.hidden) this.choose(this.at);
  }

  private choose(n: number): void {
    const choice = this.choices[n];
    if (!choice) return;
    this.typed = false;
    this.search.setCustomValidity("");
    this.search.value = "";
    this.close();
    this.onChoose(choice);
  }

  private close(): void {
    this.asked++;
    this.list.hidden = true;
    this.search.setAttribute("aria-expanded", "false");
    this.search.removeAttribute("aria-activedescendant");
  }
}
