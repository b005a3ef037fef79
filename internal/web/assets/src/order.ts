// Rows of a table marked data-order are dragged into another order. The buttons
// beside them do the same without a mouse; both send the same form.
export function ordering(root: ParentNode): void {
  for (const body of root.querySelectorAll<HTMLElement>("tbody[data-order]")) {
    if (!body.dataset["awake"]) wake(body);
  }
}

function wake(body: HTMLElement): void {
  body.dataset["awake"] = "1";
  let dragged: HTMLElement | null = null;
  let home: Element | null = null; // the row that followed before
  let dropped = false;
  body.addEventListener("dragstart", (event) => {
    dragged = (event.target as Element).closest<HTMLElement>("tr");
    home = dragged?.nextElementSibling ?? null;
    dropped = false;
    dragged?.classList.add("dragged");
  });
  body.addEventListener("dragover", (event) => {
    const over = (event.target as Element).closest<HTMLElement>("tr");
    if (!dragged || !over) return;
    event.preventDefault();
    if (over === dragged) return;
    const box = over.getBoundingClientRect();
    if (event.clientY < box.top + box.height / 2) over.before(dragged);
    else over.after(dragged);
  });
  body.addEventListener("drop", (event) => {
    event.preventDefault();
    dropped = true;
  });
  body.addEventListener("dragend", () => {
    const row = dragged;
    dragged = null;
    row?.classList.remove("dragged");
    if (!row) return;
    if (dropped) send(row);
    else body.insertBefore(row, home); // Escape, or let go of somewhere else
  });
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
