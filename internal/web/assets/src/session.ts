// A session can end while somebody works. The page then asks for the password
// where he stands, and what he was doing goes on.

/** Tells whether the server still knows us. A server out of reach counts as yes: the request itself will say. */
export async function signedIn(): Promise<boolean> {
  try {
    const answer = await fetch("/session", { cache: "no-store", headers: { Accept: "application/json" } });
    return answer.status !== 401;
  } catch {
    return true;
  }
}

const waiting: Array<() => void> = [];

/** Shows the sign-in dialog and resolves once the person is back. */
export function whenSignedIn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    const dialog = document.querySelector<HTMLDialogElement>("#sign-in-again");
    if (!dialog) location.reload();
    else if (!dialog.open) dialog.showModal();
  });
}

export function signInAgain(): void {
  document.querySelector<HTMLFormElement>("#sign-in-again form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(event.target as HTMLFormElement);
  });

  // A partial update that failed changes nothing on the page.
  addEventListener("htmx:before:swap", (event) => {
    const context = (event as CustomEvent).detail?.ctx;
    const status = context?.response?.status;
    if (!(status >= 400)) return;
    event.preventDefault();
    if (status === 401) void whenSignedIn().then(() => location.reload());
    // Whoever only asks how far the work is asks again; others see the page that says what is wrong.
    else if (!context.sourceElement?.matches("[data-events]")) location.assign(context.request.action);
  });
}

async function send(form: HTMLFormElement): Promise<void> {
  const says = form.querySelector<HTMLElement>("[role=alert]")!;
  says.textContent = "";
  const answer = await fetch(form.action, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams(new FormData(form) as unknown as Record<string, string>),
  });
  if (!answer.ok) {
    says.textContent = ((await answer.json()) as { message: string }).message;
    return;
  }
  form.querySelector<HTMLInputElement>("[type=password]")!.value = "";
  form.closest("dialog")?.close();
  for (const resolve of waiting.splice(0)) resolve();
}
