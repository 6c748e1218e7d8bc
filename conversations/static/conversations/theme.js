// What one chose for this browser, before the page is drawn. Light, dark or as the system: the same choice, stored in the same
// place, as the Django admin's. And whether the rows of a list show their IDs, which browser.js switches.
"use strict";

(() => {
  const choices = ["auto", "light", "dark"];
  const root = document.documentElement;
  const chosen = (name = "theme") => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // storage is closed to this page
    }
  };

  const show = (theme) => {
    root.dataset.theme = choices.includes(theme) ? theme : "auto";
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.hidden = false;
      button.title = button.dataset[root.dataset.theme];
      button.setAttribute("aria-label", button.title);
    }
  };

  show(chosen());
  if (chosen("ids") === "shown") root.dataset.ids = "shown";
  addEventListener("storage", (event) => event.key === "theme" && show(event.newValue));
  addEventListener("DOMContentLoaded", () => show(chosen()));
  // Back and forward bring a new page into this document, with a button of its own.
  addEventListener("htmx:historyRestore", () => show(root.dataset.theme));
  addEventListener("click", ({ target }) => {
    if (!target.closest?.("[data-theme-switch]")) return;
    const next = choices[(choices.indexOf(root.dataset.theme) + 1) % choices.length];
    show(next);
    try {
      localStorage.setItem("theme", next);
    } catch {
      // then it is for this page only
    }
  });
})();
