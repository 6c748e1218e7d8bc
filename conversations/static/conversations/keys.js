// The keys of the conversation browser, which _help.html lists; off while somebody types.
"use strict";

(() => {
  const { $, $$ } = imsite;

  let goingTo = false;

  function step(by) {
    const rows = $$("#rows a.row, #owners a.row").filter((row) => row.offsetParent && (row.closest("#rows") || !$("#rows")));
    if (!rows.length) return;
    const from = rows.findIndex((row) => row === document.activeElement);
    const start = from < 0 ? rows.findIndex((row) => row.hasAttribute("aria-current")) : from;
    const row = rows[start < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, start + by))];
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  // What was opened last goes first: a menu, then the conversation.
  function leave() {
    const menu = $("details[name=menu][open]");
    if (!menu) return $("[data-close]")?.click();
    menu.open = false;
    $("summary", menu).focus();
  }

  const keys = {
    "/": () => ($("#search") ?? $("#q"))?.focus(),
    j: () => step(1),
    k: () => step(-1),
    w: () => $("#part-explain")?.click(),
    m: () => $("#part-messages")?.click(),
    u: () => ($("#tab-unread[aria-current]") ? $("#tab-all") : $("#tab-unread"))?.click(),
    "?": () => $("[data-help]")?.click(),
    Escape: () => leave(),
    g: () => {
      goingTo = true;
      setTimeout(() => (goingTo = false), 1500);
    },
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || $("dialog[open]")) return;
    const { target, key } = event;
    if (target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) {
      if (key === "Escape") target.blur();
      if (key === "ArrowDown" && target.id === "q") {
        event.preventDefault();
        $("#owners a.row")?.focus();
      }
      return;
    }
    const tab = goingTo && $(`.tab-line a[data-key="${CSS.escape(key)}"]`);
    const act = tab ? () => tab.click() : keys[key];
    if (goingTo) goingTo = false;
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
