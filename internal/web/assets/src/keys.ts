// Keyboard of the lists: "/" goes to the search, arrows walk the rows, Enter
// (the browser's own, on the link) opens one.
export function keys(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = (event.target as Element).closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing) {
      const search = document.querySelector<HTMLInputElement>("[data-search]");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || (typing && !typing.matches("[data-search]"))) return;
    walk(step, event);
  });
}

function walk(step: number, event: KeyboardEvent): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>("a[data-row]")];
  const here = links.indexOf(document.activeElement as HTMLAnchorElement);
  if (links.length === 0 || (here < 0 && !(event.target as Element).matches("[data-search]"))) return;
  const next = here < 0 ? links[0] : links[here + step];
  event.preventDefault();
  if (next) next.focus();
  else if (step < 0) document.querySelector<HTMLInputElement>("[data-search]")?.focus();
}
