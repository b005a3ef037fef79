// A button with data-confirm asks first, in a dialog of the page's own words;
// data-confirm-more names a <template> with what else is to be seen there.
export function confirmations(): void {
  addEventListener("submit", (event) => {
    const button = (event as SubmitEvent).submitter;
    if (!(button instanceof HTMLButtonElement)) return;
    const question = button.dataset["confirm"];
    if (!question || button.dataset["confirmed"]) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(question, button);
  }, true);
}

function ask(question: string, button: HTMLButtonElement): void {
  const dialog = document.querySelector<HTMLDialogElement>("#confirm");
  if (!dialog) return;
  dialog.querySelector("[data-question]")!.textContent = question;
  const more = button.dataset["confirmMore"];
  const page = more ? document.querySelector<HTMLTemplateElement>(more) : null;
  dialog.querySelector("[data-more]")!.replaceChildren(...(page ? [page.content.cloneNode(true)] : []));
  const yes = dialog.querySelector<HTMLButtonElement>("[value=yes]")!;
  yes.textContent = button.dataset["confirmYes"] ?? button.textContent!.trim();
  yes.classList.toggle("btn-danger", button.classList.contains("btn-danger"));
  yes.classList.toggle("btn-primary", !button.classList.contains("btn-danger"));
  dialog.returnValue = "";
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes") return;
    button.dataset["confirmed"] = "1";
    button.form?.requestSubmit(button);
    delete button.dataset["confirmed"];
  }, { once: true });
  dialog.showModal();
}
