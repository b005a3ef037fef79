import { dragging } from "./drag";

// The columns of a list are put in order by dragging, or by the two buttons of
// each. Beneath lie plain inputs with numbers, which this hides and keeps.
export function arranging(root: ParentNode): void {
  for (const list of root.querySelectorAll<HTMLElement>("[data-arrange]")) {
    if (!list.dataset["awake"]) wake(list);
  }
}

function wake(list: HTMLElement): void {
  list.dataset["awake"] = "1";
  for (const item of list.children) {
    const place = item.querySelector<HTMLInputElement>("input.place")!;
    place.hidden = true;
    (item as HTMLElement).draggable = true;
    const name = item.querySelector(".form-check-label")!.textContent!;
    item.append(button("↑", `${list.dataset["up"]}: ${name}`, () => move(item, item.previousElementSibling, "before")));
    item.append(button("↓", `${list.dataset["down"]}: ${name}`, () => move(item, item.nextElementSibling, "after")));
    const always = item.querySelector<HTMLInputElement>("input[data-always]");
    always?.addEventListener("click", (event) => event.preventDefault()); // it leads to the record
  }
  dragging(list, "li", () => {});
  const number = () => [...list.children].forEach((item, n) => { item.querySelector<HTMLInputElement>("input.place")!.value = String(n + 1); });
  new MutationObserver(number).observe(list, { childList: true });
}

function button(text: string, label: string, press: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "bare";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", () => { press(); made.focus(); });
  return made;
}

function move(item: Element, beside: Element | null, where: "before" | "after"): void {
  beside?.[where](item);
}
