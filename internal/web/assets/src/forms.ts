import { signedIn, whenSignedIn } from "./session";

// Forms marked data-guard keep what was typed: leaving asks first, and a session
// that ended meanwhile is renewed before the form is sent.
export function guards(): void {
  let sending = false;

  addEventListener("beforeunload", (event) => {
    if (sending) return;
    if ([...document.querySelectorAll<HTMLFormElement>("form[data-guard]")].some(changed)) event.preventDefault();
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

// form.submit() forgets which button was pressed.
function addSubmitter(form: HTMLFormElement, button: HTMLElement | null): void {
  if (!(button instanceof HTMLButtonElement) || !button.name) return;
  const input = document.createElement("input");
  input.type = "hidden";
  input.name = button.name;
  input.value = button.value;
  form.append(input);
}

function changed(form: HTMLFormElement): boolean {
  return [...form.elements].some((field) => {
    if (field instanceof HTMLSelectElement) return [...field.options].some((o) => o.selected !== o.defaultSelected);
    if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
    if (!(field instanceof HTMLInputElement) || !field.name) return false;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    return field.type !== "hidden" && field.value !== field.defaultValue;
  });
}
