// What the pages do beyond plain HTML. Everything here improves something that
// already works: lists filter on Enter, forms post, files upload.
import htmx from "htmx.org";
import { arranging } from "./arrange";
import { charts } from "./charts";
import { confirmations } from "./confirm";
import { events } from "./events";
import { guards } from "./forms";
import { keys, keysButton } from "./keys";
import { menus } from "./menus";
import { ordering } from "./order";
import { choosing, picking } from "./pick";
import { pickers } from "./picker";
import { signInAgain } from "./session";
import { uploads } from "./upload";

menus();
keys();
confirmations();
guards();
signInAgain();

// Addresses of lists name only what was asked for.
addEventListener("formdata", (event) => {
  if (!(event.target as Element).matches(".finder")) return;
  const data = event.formData;
  for (const [name, value] of [...data]) if (value === "") data.delete(name);
});

// These belong to elements that come and go with partial updates.
function awaken(root: ParentNode): void {
  pickers(root);
  ordering(root);
  arranging(root);
  picking(root);
  choosing(root);
  keysButton(root);
  uploads(root);
  charts(root);
  events(document);
}

awaken(document);
htmx.on("htmx:after:settle", () => {
  awaken(document);
  // A field that came because one asked for it is where one goes on.
  const field = document.querySelector<HTMLInputElement>("[data-focus]:not([data-awake])");
  if (field) field.dataset["awake"] = "1";
  field?.focus();
});
