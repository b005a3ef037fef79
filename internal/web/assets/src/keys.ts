// Keyboard of the lists: "/" goes to the search, arrows or j and k walk the rows,
// Enter (the browser's own, on the link) opens one, x or space picks it, "?" shows
// all of this.
export function keys(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as Element;
    if (target.closest("dialog[open], details.menu[open]")) return;
    const typing = target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (!typing && letter(event)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || (typing && !typing.matches("[data-search]"))) return;
    walk(step, event, false);
  });
  addEventListener("click", (event) => {
    if ((event.target as Element).closest("[data-keys]")) help();
  });
}

/** The button that shows the keys is of use only where there are keys. */
export function keysButton(root: ParentNode): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>("[data-keys]")) button.hidden = false;
}

// letter does what a key that writes nothing here stands for.
function letter(event: KeyboardEvent): boolean {
  switch (event.key) {
    case "/": {
      const search = document.querySelector<HTMLInputElement>("[data-search]");
      if (!search) return false;
      event.preventDefault();
      search.focus();
      search.select();
      return true;
    }
    case "j":
      walk(1, event, true);
      return true;
    case "k":
      walk(-1, event, true);
      return true;
    case "x":
    case " ":
      return pick(event);
    case "?":
      return help();
  }
  return false;
}

function help(): boolean {
  const dialog = document.querySelector<HTMLDialogElement>("#keys");
  if (dialog && !dialog.open) dialog.showModal();
  return Boolean(dialog);
}

function links(): HTMLAnchorElement[] { return [...document.querySelectorAll<HTMLAnchorElement>("a[data-row]")]; }

function pick(event: KeyboardEvent): boolean {
  const box = (document.activeElement as Element).closest("a[data-row]")?.closest("tr")?.querySelector<HTMLInputElement>("input[data-pick]");
  if (!box) return false;
  event.preventDefault();
  if (!box.disabled) box.click();
  return true;
}

function walk(step: number, event: KeyboardEvent, anywhere: boolean): void {
  const all = links();
  const row = (document.activeElement as Element).closest("tr");
  const here = all.findIndex((link) => link === document.activeElement || (row !== null && row.contains(link)));
  if (all.length === 0 || (here < 0 && !anywhere && !(event.target as Element).matches("[data-search]"))) return;
  const next = here < 0 ? all[0] : all[here + step];
  event.preventDefault();
  if (next) next.focus();
  else if (step < 0) document.querySelector<HTMLInputElement>("[data-search]")?.focus();
}
