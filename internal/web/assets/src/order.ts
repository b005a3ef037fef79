import { dragging } from "./drag";

// Rows of a table marked data-order are dragged into another order. The buttons
// beside them do the same without a mouse; both send the same form.
export function ordering(root: ParentNode): void {
  for (const body of root.querySelectorAll<HTMLElement>("tbody[data-order]")) {
    if (!body.dataset["awake"]) wake(body);
  }
}

function wake(body: HTMLElement): void {
  body.dataset["awake"] = "1";
  dragging(body, "tr", send);
}

function send(row: HTMLElement): void {
  const form = row.querySelector<HTMLFormElement>("form.moves")!;
  const next = row.nextElementSibling as HTMLElement | null;
  const before = document.createElement("input");
  before.type = "hidden";
  before.name = "before";
  before.value = next?.dataset["id"] ?? "0";
  form.append(before);
  form.submit();
}
