// The conversation browser beyond links and forms: the open row, times, copying. Without scripts all pages work.
"use strict";

// Shared with live.js and keys.js; live.js adds `follow`.
const imsite = {
  $: (selector, from = document) => from.querySelector(selector),
  $$: (selector, from = document) => [...from.querySelectorAll(selector)],
};

(() => {
  const { $, $$ } = imsite;

  // ---- The open conversation, and how far its messages are scrolled ----

  function markCurrent() {
    const open = $(".conversation")?.dataset.id;
    for (const row of $$("#rows > li[data-id]")) {
      const link = $("a", row);
      if (row.dataset.id === open) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    const owner = $("#entries")?.dataset.owner;
    for (const link of $$("#owners a[data-owner]")) {
      if (link.dataset.owner === owner) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  function showNewest(panel) {
    const part = $("#part", panel);
    const from = $(".unread-from", panel);
    if (!part || !$(".message, .system", part)) return;
    const found = $(".found", part);
    const isNewest = !$("#newer-messages", part);
    if (found) found.scrollIntoView({ block: "center" });
    else if (from) part.scrollTop = from.offsetTop - 60;
    else part.scrollTop = isNewest ? part.scrollHeight : 0;
  }

  function showSelectionCount() {
    const count = $("#selection-count");
    if (!count) return;
    const all = $(".select-all :checked")?.dataset.count;
    count.textContent = count.dataset.count.replace("{count}", all || $$(".select-row :checked").length);
  }
  document.addEventListener("change", ({ target }) => {
    const all = $(".select-all input");
    if (target === all) for (const box of $$(".select-row input")) box.checked = all.checked;
    else if (!target.closest(".select-row")) return;
    else if (all && !target.checked) all.checked = false; // all that are found were not all any more
    showSelectionCount();
  });

  // ---- Menus: an item closes its menu, and so does a click or Escape elsewhere ----

  const closeMenus = (except) => {
    for (const menu of $$("details[name=menu][open]")) if (menu !== except) menu.open = false;
  };
  document.addEventListener("click", ({ target }) => {
    const menu = target.closest("details[name=menu]");
    closeMenus(target.closest(".menu-box :is(a, button[type=button])") ? null : menu);
  });
  // The menus of views show how many conversations each finds, once they are open.
  document.addEventListener("toggle", ({ target }) => target.open && $("#saved-counts", target) && htmx.trigger("#saved-counts", "changed"), true);

  // ---- Whether rows show their IDs: theme.js has set it before the page was drawn ----

  function showIdsSwitch() {
    const button = $("[data-ids-switch]");
    if (!button) return;
    button.hidden = false;
    button.setAttribute("aria-pressed", String(document.documentElement.dataset.ids === "shown"));
  }
  document.addEventListener("click", ({ target }) => {
    if (!target.closest("[data-ids-switch]")) return;
    const root = document.documentElement;
    root.dataset.ids = root.dataset.ids === "shown" ? "hidden" : "shown";
    showIdsSwitch();
    try {
      localStorage.setItem("ids", root.dataset.ids);
    } catch {
      // then it is for this page only
    }
  });

  // ---- Times in the reader's language and time zone ----

  function showTimes() {
    const language = document.documentElement.lang;
    const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "narrow" });
    const exact = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });
    for (const time of $$("time[data-ago]")) {
      const moment = new Date(time.dateTime);
      const minutes = Math.round((moment - Date.now()) / 60_000);
      if (minutes > -60) time.textContent = ago.format(Math.min(minutes, 0), "minute");
      else if (minutes > -24 * 60) time.textContent = ago.format(Math.round(minutes / 60), "hour");
      if (!time.dataset.hasTitle) {
        time.dataset.hasTitle = "1";
        time.title = `${exact.format(moment)}\n${time.title} · ${moment.getTime()} ms`;
      }
    }
  }

  // ---- A picture that fails to load leaves the initials beneath it ----

  const dropPicture = (image) => image.matches?.(".avatar img") && image.remove();
  document.addEventListener("error", ({ target }) => dropPicture(target), true);
  for (const image of $$(".avatar img")) if (image.complete && !image.naturalWidth) dropPicture(image);

  // ---- After every exchange of a part of the page ----

  function arrange() {
    // Only a secure page may write to the clipboard.
    for (const element of $$(".scripted[data-copy]")) element.hidden = !navigator.clipboard;
    showIdsSwitch();
    showTimes();
    markCurrent();
    showSelectionCount();
    // On a phone the tabs scroll sideways.
    $("#panel nav.tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    imsite.follow();
  }

  // htmx sends an event for each new row: they are arranged together.
  const settled = new Set();

  function arrangeSettled() {
    const targets = [...settled];
    settled.clear();
    arrange();
    typeAgain();
    for (const target of targets) {
      if (target.matches("dialog")) target.showModal();
      if (target.id === "panel" || target.id === "browse") {
        showNewest(target);
        say($(".outcome", target)?.textContent);
      }
      if ("end" in target.dataset) say(target.textContent);
      if (target.id === "panel" && matchMedia("(max-width: 48rem)").matches) $("h2", target)?.scrollIntoView();
    }
  }

  document.addEventListener("htmx:afterSettle", ({ target }) => {
    if (!settled.size) queueMicrotask(arrangeSettled);
    settled.add(target);
  });
  // Back and forward in one list change the conversation only: the list stays as it is, and where it is.
  document.addEventListener("htmx:historyCacheMiss", (event) => {
    const { path } = event.detail;
    const entries = $("#entries"); // live.js follows it only a moment later
    if (!entries || listOf(path) !== listOf(entries.dataset.updates)) return;
    event.preventDefault();
    htmx.ajax("GET", path, { target: "#panel", swap: "innerHTML show:none" });
  });

  function listOf(path) {
    const { pathname, searchParams } = new URL(path, location.href);
    for (const name of $("#entries").dataset.notFilters.split(" ")) searchParams.delete(name);
    searchParams.sort();
    return searchParams.has("owner") && pathname !== "/" ? searchParams.toString() : pathname;
  }

  document.addEventListener("htmx:historyRestore", () => {
    arrange();
    showNewest(document);
  });
  // Older messages are added above: the messages in view stay where they are.
  document.addEventListener("htmx:beforeSwap", ({ target, detail }) => {
    if (target.id !== "older-messages" || !detail.shouldSwap) return;
    const part = $("#part");
    const fromEnd = part.scrollHeight - part.scrollTop;
    requestAnimationFrame(() => (part.scrollTop = part.scrollHeight - fromEnd));
  });

  // ---- What is typed in the search box while its answer is on the way stays there ----

  let typed = null;
  document.addEventListener("htmx:beforeRequest", () => {
    const box = $("#search");
    if (box) box.dataset.sent = box.value;
  });
  document.addEventListener("htmx:beforeSwap", ({ target }) => {
    const box = $("#search");
    if (!box || !target.contains(box)) return;
    const isTyping = document.activeElement === box && box.value !== box.dataset.sent;
    typed = isTyping ? { text: box.value, at: box.selectionStart } : null;
  });

  function typeAgain() {
    const box = $("#search");
    if (typed && box) {
      box.value = typed.text;
      box.focus();
      box.setSelectionRange(typed.at, typed.at);
    }
    typed = null;
  }

  // ---- Announcements for screen readers ----

  function say(text) {
    $("#said").textContent = "";
    $("#said").textContent = text ?? "";
  }

  // ---- Copying ----

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
      } catch {
        // The browser refuses: the text can be selected where it stands, if it does.
        button.closest(".explain")?.querySelector("details")?.setAttribute("open", "");
        return say($("#said").dataset.uncopied);
      }
      say($("#said").dataset.copied);
      if (button.classList.contains("done")) return;
      const label = button.firstElementChild ? null : button.textContent;
      if (label) button.textContent = $("#said").dataset.copied;
      button.classList.add("done");
      setTimeout(() => {
        button.classList.remove("done");
        if (label) button.textContent = label;
      }, 1500);
    }
    const cancel = event.target.closest("dialog [data-cancel]");
    if (cancel) {
      event.preventDefault();
      cancel.closest("dialog").close();
    }
  });

  // The header stays as it was loaded, while the address has changed.
  document.addEventListener("submit", ({ target }) => {
    if (target.matches(".languages")) target.elements.next.value = location.pathname + location.search;
  });

  // ---- The search box: suggestions for the next token, after the tokens typed already ----

  // Of an API key only the prefix is looked up: the secret must not get into addresses and logs.
  document.addEventListener("input", ({ target }) => {
    const key = target.id === "q" && target.value.match(/imk_([0-9a-f]{12})_[\w-]+/);
    if (key) target.value = key[1];
  });

  document.addEventListener("input", ({ target }) => {
    if (!target.list) return;
    const typed = target.value.slice(0, target.value.lastIndexOf(" ") + 1);
    for (const option of target.list.options) {
      option.dataset.token ??= option.value;
      option.value = typed + option.dataset.token;
    }
  });

  Object.assign(imsite, { markCurrent, showSelectionCount, closeMenus });
  setInterval(showTimes, 60_000);
  // Once live.js is loaded.
  addEventListener("DOMContentLoaded", () => {
    arrange();
    showNewest(document);
  });
})();
