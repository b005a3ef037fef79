import { signedIn, whenSignedIn } from "./session";

// The import screen: a file can be dropped, its way up is seen, and a session
// that ended in between costs a password, not the file.
export function uploads(root: ParentNode): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-upload]")) {
    if (form.dataset["awake"]) continue;
    form.dataset["awake"] = "1";
    wake(form);
  }
}

function wake(form: HTMLFormElement): void {
  const input = form.querySelector<HTMLInputElement>("input[type=file]")!;
  const zone = form.querySelector<HTMLElement>("[data-drop]")!;
  const name = form.querySelector<HTMLElement>("[data-file-name]")!;

  form.noValidate = true; // what is missing is said in the page's own words
  const shown = () => {
    const file = input.files?.[0];
    name.textContent = file ? `${file.name} · ${size(file.size, form)}` : "";
    zone.classList.toggle("chosen", Boolean(file));
    say(form, "");
  };
  input.addEventListener("change", shown);
  shown();

  // The whole window takes the file: people miss small targets.
  let depth = 0;
  const over = (on: boolean) => zone.classList.toggle("over", on);
  addEventListener("dragenter", (event) => { if (files(event)) { depth++; over(true); } });
  addEventListener("dragleave", (event) => { if (files(event) && --depth <= 0) over(false); });
  addEventListener("dragover", (event) => { if (files(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    depth = 0;
    over(false);
    input.files = event.dataTransfer!.files;
    shown();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!input.files?.length) {
      say(form, form.dataset["noFile"]!);
      input.focus();
      return;
    }
    // Told before the way up: a server that refuses halfway is not always heard.
    if (input.files[0]!.size > Number(form.dataset["most"])) {
      say(form, form.dataset["tooLarge"]!);
      return;
    }
    void upload(form);
  });
}

function files(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

function size(bytes: number, form: HTMLElement): string {
  const unit = bytes < 1 << 20 ? "kilobyte" : "megabyte";
  const amount = bytes / (bytes < 1 << 20 ? 1 << 10 : 1 << 20);
  return new Intl.NumberFormat(form.closest("[lang]")?.getAttribute("lang") ?? "ru", {
    style: "unit", unit, maximumFractionDigits: amount < 10 ? 1 : 0,
  }).format(amount);
}

function say(form: HTMLElement, message: string): void {
  const place = form.querySelector<HTMLElement>("[data-says]")!;
  place.textContent = message;
  place.hidden = message === "";
}

async function upload(form: HTMLFormElement): Promise<void> {
  // The button stands in another card of the screen, tied by its form attribute.
  const button = [...form.elements].find((e): e is HTMLButtonElement => e instanceof HTMLButtonElement)!;
  say(form, "");
  button.disabled = true;
  try {
    if (!(await signedIn())) await whenSignedIn();
    let answer = await send(form);
    // The connection may break before the refusal is heard: ask again who we are.
    while (answer.status === 401 || (answer.status === 0 && !(await signedIn()))) {
      await whenSignedIn();
      answer = await send(form);
    }
    if (answer.status === 201) location.assign(answer.text);
    else say(form, answer.text || form.dataset["broken"]!);
  } finally {
    button.disabled = false;
    progress(form, null);
  }
}

type Answer = { status: number; text: string };

// XMLHttpRequest, because fetch cannot tell how much has gone up.
function send(form: HTMLFormElement): Promise<Answer> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => progress(form, event.loaded / event.total));
    request.addEventListener("load", () => resolve(read(request)));
    request.addEventListener("error", () => resolve({ status: 0, text: "" }));
    request.send(new FormData(form));
  });
}

function read(request: XMLHttpRequest): Answer {
  try {
    const answer = JSON.parse(request.responseText) as { location?: string; message?: string };
    return { status: request.status, text: answer.location ?? answer.message ?? "" };
  } catch {
    return { status: request.status, text: "" };
  }
}

function progress(form: HTMLElement, share: number | null): void {
  const bar = form.querySelector<HTMLProgressElement>("progress")!;
  bar.hidden = share === null;
  bar.value = share ?? 0;
}
