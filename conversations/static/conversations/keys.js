// The keys of the conversation browser, which _help_text.html lists; off while somebody types.
"use strict";

(() => {
  const { $, $$ } = imsite;

  let goingTo = false;

  // ---- Rows: of the list, or of the users where there is none; arrows stay among the users where they are ----

  const rows = (list = $("#rows") ?? $("#owners")) => {
    return list ? $$("a.row", list).filter((row) => row.offsetParent) : [];
  };
  const rowsHere = () => rows(document.activeElement.closest("#owners") ?? undefined);
  const rowWithFocus = () => document.activeElement.closest("#rows > li[data-id]");
  const openId = () => $(".conversation")?.dataset.id;

  function focusOn(row) {
    row?.focus();
    row?.scrollIntoView({ block: "nearest" });
  }

  function step(by, all = rows()) {
    const from = all.findIndex((row) => row.closest("li") === document.activeElement.closest("li"));
    const start = from < 0 ? all.findIndex((row) => row.hasAttribute("aria-current")) : from;
    focusOn(all[start < 0 ? 0 : Math.max(0, Math.min(all.length - 1, start + by))]);
  }

  function select() {
    const row = rowWithFocus() ?? $(`#rows > li[data-id="${CSS.escape(openId() ?? "")}"]`);
    if (row) $(".select-row input", row)?.click();
  }

  // ---- Corrections: of the row with the focus, which is opened first, or else of the open conversation ----

  let wanted = null;

  function correct(...actions) {
    const row = rowWithFocus();
    if (row && row.dataset.id !== openId()) {
      if (!$("#selection")) return; // the account can't change conversations
      wanted = { id: row.dataset.id, actions };
      $("a.row", row).click();
    } else actions.map((action) => $(`.conversation [data-action="${action}"]`)).find(Boolean)?.click();
  }

  document.addEventListener("htmx:afterSettle", ({ target }) => {
    if (target.id !== "panel" || !wanted) return;
    const { id, actions } = wanted;
    wanted = null;
    if (id === openId() && id === rowWithFocus()?.dataset.id) correct(...actions);
  });

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
    ArrowDown: () => step(1, rowsHere()),
    ArrowUp: () => step(-1, rowsHere()),
    Home: () => focusOn(rowsHere()[0]),
    End: () => focusOn(rowsHere().at(-1)),
    x: select,
    z: () => $(".outcome .undo")?.click(),
    e: () => correct("read", "unread"),
    p: () => correct("pin", "unpin"),
    s: () => correct("star", "unstar"),
    n: () => correct("mute", "unmute"),
    w: () => $("#part-explain")?.click(),
    m: () => $("#part-messages")?.click(),
    u: () => ($("#tab-unread[aria-current]") ? $("#tab-all") : $("#tab-unread"))?.click(),
    "?": () => $("[data-help]")?.click(),
    Escape: leave,
    g: () => {
      goingTo = true;
      setTimeout(() => (goingTo = false), 1500);
    },
  };

  // ---- The switch of the keys that type a character, which speech input may type unasked; "?" leads to it ----

  const root = document.documentElement;

  function showSwitch() {
    const button = $("[data-keys-switch]");
    if (!button) return;
    button.textContent = button.dataset[root.dataset.keys];
    button.parentElement.hidden = false;
  }
  function setKeys(state) {
    root.dataset.keys = state === "off" ? "off" : "on";
    showSwitch();
  }
  try {
    setKeys(localStorage.getItem("keys"));
  } catch {
    setKeys("on"); // storage is closed to this page
  }
  addEventListener("storage", ({ key, newValue }) => key === "keys" && setKeys(newValue));
  document.addEventListener("htmx:afterSettle", ({ target }) => target.id === "help" && showSwitch());
  document.addEventListener("click", ({ target }) => {
    if (!target.closest("[data-keys-switch]")) return;
    setKeys(root.dataset.keys === "on" ? "off" : "on");
    try {
      localStorage.setItem("keys", root.dataset.keys);
    } catch {
      // then it is for this page only
    }
  });

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
    wanted = null;
    if (root.dataset.keys === "off" && key.length === 1 && key !== "?") return;
    // Elsewhere these scroll, such as through the messages.
    const isInList = target === document.body || (target.closest("#list, #owners") && !target.closest("details"));
    if (/^(Arrow|Home|End)/.test(key) && (event.shiftKey || !isInList)) return;
    const tab = goingTo && $(`.tab-line a[data-key="${CSS.escape(key)}"]`);
    const act = tab ? () => tab.click() : keys[key];
    if (goingTo) goingTo = false;
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
