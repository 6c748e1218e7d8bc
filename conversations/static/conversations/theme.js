// Light, dark or as the system: the same choice, kept in the same place, as the Django admin's.
"use strict";

(() => {
  const choices = ["auto", "light", "dark"];
  const root = document.documentElement;
  const chosen = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage is closed to this page
    }
  };

  const show = (theme) => {
    root.dataset.theme = choices.includes(theme) ? theme : "auto";
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.title = button.dataset[root.dataset.theme];
      button.setAttribute("aria-label", button.title);
    }
  };

  show(chosen());
  addEventListener("storage", (event) => event.key === "theme" && show(event.newValue));
  addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        const next = choices[(choices.indexOf(root.dataset.theme) + 1) % choices.length];
        show(next);
        try {
          localStorage.setItem("theme", next);
        } catch {
          // then it is for this page only
        }
      });
    }
    show(chosen());
  });
})();
