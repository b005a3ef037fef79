// Runs before the page is painted, so that a dark page never flashes white.
// The choice is the person's, on this device; without one the system decides.
type Theme = "light" | "dark";

const dark = matchMedia("(prefers-color-scheme: dark)");

function chosen(): Theme | null {
  const kept = localStorage.getItem("theme");
  return kept === "light" || kept === "dark" ? kept : null;
}

function show(): void {
  document.documentElement.dataset["bsTheme"] = chosen() ?? (dark.matches ? "dark" : "light");
}

show();
dark.addEventListener("change", show);
addEventListener("storage", show);

addEventListener("click", (event) => {
  const button = (event.target as Element).closest("[data-theme-switch]");
  if (!button) return;
  const now = document.documentElement.dataset["bsTheme"];
  localStorage.setItem("theme", now === "dark" ? "light" : "dark");
  show();
  dispatchEvent(new Event("themechange"));
});
