/**
 * Lets the children of a list, which match item, be dragged into another order.
 * Escape, or letting go somewhere else, puts the child back; else dropped is called.
 */
export function dragging(list: HTMLElement, item: string, dropped: (child: HTMLElement) => void): void {
  let dragged: HTMLElement | null = null;
  let home: Element | null = null; // what followed before
  let there = false;
  list.addEventListener("dragstart", (event) => {
    dragged = (event.target as Element).closest<HTMLElement>(item);
    home = dragged?.nextElementSibling ?? null;
    there = false;
    dragged?.classList.add("dragged");
  });
  list.addEventListener("dragover", (event) => {
    const over = (event.target as Element).closest<HTMLElement>(item);
    if (!dragged || !over) return;
    event.preventDefault();
    if (over === dragged) return;
    const box = over.getBoundingClientRect();
    if (event.clientY < box.top + box.height / 2) over.before(dragged);
    else over.after(dragged);
  });
  list.addEventListener("drop", (event) => {
    event.preventDefault();
    there = true;
  });
  list.addEventListener("dragend", () => {
    const child = dragged;
    dragged = null;
    child?.classList.remove("dragged");
    if (!child) return;
    if (there) dropped(child);
    else list.insertBefore(child, home);
  });
}
