import { signedIn, whenSignedIn } from "./session";

// Forms marked data-guard keep what was typed: leaving asks first, and a session
// that ended meanwhile is renewed before the form is sent.
export function guards(): void {
  let sending = false;
  for (const form of guarded()) first.set(form, content(form));

  addEventListener("beforeunload", (event) => {
    if (sending) return;
    if (guarded().some(changed)) event.preventDefault();
  });

  addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (!form.matches("form[data-guard]")) return;
    event.preventDefault();
    const button = (event as SubmitEvent).submitter;
    void signedIn().then((yes) => (yes ? undefined : whenSignedIn())).then(() => {
      sending = true;
      addSubmitter(form, button);
      form.submit();
    });
  });

  // Back to a page kept by the browser: it may be left or sent again.
  addEventListener("pageshow", () => { sending = false; });
}

function guarded(): HTMLFormElement[] {
  return [...document.querySelectorAll<HTMLFormElement>("form[data-guard]")];
}

// form.submit() forgets which button was pressed.
function addSubmitter(form: HTMLFormElement, button: HTMLElement | null): void {
  if (!(button instanceof HTMLButtonElement) || !button.name) return;
  const input = document.createElement("input");
  input.type = "hidden";
  input.name = button.name;
  input.value = button.value;
  form.append(input);
}

// What the forms held when the page came. One that came back with faults holds
// what is not saved yet, so it counts as changed from the start.
const first = new Map<HTMLFormElement, string>();

function changed(form: HTMLFormElement): boolean {
  return form.dataset["guard"] === "unsaved" || first.get(form) !== content(form);
}

function content(form: HTMLFormElement): string {
  return JSON.stringify([...new FormData(form)]);
}
