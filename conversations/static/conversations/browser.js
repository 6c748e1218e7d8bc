// What the conversation browser does beyond links and forms: live rows, keys, copying, times. Without it all pages work.
"use strict";

const $ = (selector, from = document) => from.querySelector(selector);
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

// ---- Live: the stream (or a look every 15 seconds) says that something changed, the server gives the rows anew ----

const POLL_MS = 15_000;
const SETTLE_MS = 300;

const live = {
  source: null,
  timer: 0,
  entries: null,
  isAsking: false,
  isWanted: false,
  arrived: new Set(),

  // Follow the list that is shown, if it is another one than before.
  follow() {
    const entries = $("#entries");
    if (entries === this.entries) return;
    this.stop();
    this.entries = entries;
    this.arrived.clear();
    if (entries) this.start();
  },

  start() {
    const { events, token } = this.entries.dataset;
    if (!events) return this.poll();
    this.state("again");
    this.source = new EventSource(`${events}&since=${encodeURIComponent(token)}`);
    this.source.onopen = () => {
      this.state("live");
      reached();
    };
    this.source.addEventListener("changes", () => this.wake());
    this.source.addEventListener("reset", () => this.wake());
    this.source.addEventListener("problem", () => this.end("off"));
    this.source.onerror = () => {
      // A stream that was refused is not tried again: it is elsewhere, or closed to this account.
      if (this.source?.readyState === EventSource.CLOSED) {
        this.end();
        this.poll();
      } else this.state("again");
    };
  },

  poll() {
    this.state("polling");
    this.timer = setInterval(() => this.ask(), POLL_MS);
  },

  end(state) {
    this.source?.close();
    this.source = null;
    if (state) this.state(state);
  },

  stop() {
    this.end();
    clearInterval(this.timer);
    this.timer = 0;
  },

  state(name) {
    const dot = $("#live");
    if (!dot) return;
    dot.hidden = false;
    dot.dataset.state = name;
    dot.textContent = dot.dataset[name];
  },

  wake() {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.ask(), SETTLE_MS);
  },

  async ask() {
    const entries = this.entries;
    if (!entries || document.hidden) return;
    if (this.isAsking) {
      this.isWanted = true;
      return;
    }
    this.isAsking = true;
    try {
      const url = `${entries.dataset.news}&since=${encodeURIComponent(entries.dataset.token)}`;
      const response = await fetch(url, { headers: { "HX-Request": "true" } });
      if (response.status >= 500) throw new Error(response.statusText); // a proxy says so while the server starts anew
      if (!response.ok || response.headers.has("HX-Redirect")) return this.stop(), this.state("off");
      const page = document.createElement("template");
      page.innerHTML = await response.text();
      if (entries === this.entries) this.take(page.content.firstElementChild);
      if (this.timer) this.state("polling");
      reached();
    } catch {
      if (this.timer) this.state("again"); // no network; the next look may do
    } finally {
      this.isAsking = false;
      if (this.isWanted) {
        this.isWanted = false;
        this.wake();
      }
    }
  },

  // Rows that are shown change where they are; what is new or has moved is only announced.
  take(news) {
    this.entries.dataset.token = news.dataset.token;
    if ($("#saved-counts")) htmx.trigger("#saved-counts", "changed");
    const tabs = $("#tabs", news);
    $("#totals")?.replaceWith($("#totals", news) ?? "");
    if (tabs) {
      $("#tabs")?.replaceWith(tabs);
      htmx.process(tabs);
    }
    if (news.dataset.tooMuch === "1") return this.announce($("#new-bar")?.dataset.other);
    const open = $(".conversation")?.dataset.id;
    for (const fresh of $$("li[data-id]", news)) {
      const id = fresh.dataset.id;
      const shown = $(`#rows > li[data-id="${CSS.escape(id)}"]`);
      if (!shown || shown.dataset.place !== fresh.dataset.place || shown.className !== fresh.className) this.arrived.add(id);
      if (shown) {
        const hasFocus = shown.contains(document.activeElement);
        if ($(".tick :checked", shown)) $(".tick input", fresh).checked = true;
        shown.replaceWith(fresh);
        htmx.process(fresh);
        if (hasFocus) $("a", fresh).focus();
      }
      if (id === open) this.changed(fresh.dataset.version);
    }
    for (const { dataset, textContent } of $$("li[data-gone]", news)) {
      dim($(`#rows > li[data-id="${CSS.escape(dataset.gone)}"]`), textContent);
      if (dataset.gone === open) this.changed(dataset.version);
    }
    markCurrent();
    tellTicked();
    if (this.arrived.size) {
      const { one, many } = $("#new-bar").dataset;
      this.announce(this.arrived.size === 1 ? one : many.replace("{count}", this.arrived.size));
    }
  },

  announce(text) {
    const bar = $("#new-bar");
    if (!bar) return;
    bar.textContent = text;
    bar.hidden = false;
  },

  // One's own change is on the page that follows it, and told of here once more. What is deleted has no version.
  changed(version) {
    const bar = $("#changed-bar");
    if (bar && !(Number(version) <= Number($(".conversation").dataset.version))) bar.hidden = false;
  },
};

// A row stays where it is until the list is read anew, and says why it will then be missing.
function dim(row, why) {
  if (!row) return;
  row.classList.add("gone");
  const label = $(".why", row) ?? $(".labels", row).appendChild(document.createElement("span"));
  label.className = "label why";
  label.textContent = why;
}

// Browsers allow few streams to one server: only the page that is looked at has one.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) live.end();
  else if (live.entries && !live.timer && !live.source) {
    live.start();
    live.ask();
  }
});

// ---- What is open, and how far the list is scrolled ----

function markCurrent() {
  const open = $(".conversation")?.dataset.id;
  for (const row of $$("#rows > li")) {
    const link = $("a", row);
    if (row.dataset.id && row.dataset.id === open) link.setAttribute("aria-current", "true");
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
  if (from) part.scrollTop = from.offsetTop - 60;
  else part.scrollTop = part.scrollHeight;
}

function tellTicked() {
  const told = $("#ticked-count");
  if (told) told.textContent = told.dataset.count.replace("{count}", $$(".tick :checked").length);
}
document.addEventListener("change", ({ target }) => target.closest(".tick") && tellTicked());

// ---- Times in the reader's own words and zone ----

function tellTimes() {
  const language = document.documentElement.lang;
  const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "narrow" });
  const exact = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });
  for (const time of $$("time[data-ago]")) {
    const moment = new Date(time.dateTime);
    const minutes = Math.round((moment - Date.now()) / 60_000);
    if (minutes > -60) time.textContent = ago.format(Math.min(minutes, 0), "minute");
    else if (minutes > -24 * 60) time.textContent = ago.format(Math.round(minutes / 60), "hour");
    if (!time.dataset.told) {
      time.dataset.told = "1";
      time.title = `${exact.format(moment)}\n${time.title} · ${moment.getTime()} ms`;
    }
  }
}

// ---- A picture that does not come leaves the initials beneath it ----

const dropPicture = (image) => image.matches?.(".avatar img") && image.remove();
document.addEventListener("error", ({ target }) => dropPicture(target), true);
for (const image of $$(".avatar img")) if (image.complete && !image.naturalWidth) dropPicture(image);

// ---- After every exchange of a part of the page ----

function arrange() {
  // Only a secure page may write to the clipboard.
  for (const element of $$(".scripted[data-copy]")) element.hidden = !navigator.clipboard;
  for (const element of $$(".scripted[data-help]")) element.hidden = false;
  tellTimes();
  markCurrent();
  tellTicked();
  live.follow();
}

// htmx tells it of each row that came: they are arranged together.
const settled = new Set();

function arrangeSettled() {
  const targets = [...settled];
  settled.clear();
  arrange();
  for (const target of targets) {
    if (target.id === "deed") target.showModal();
    if (target.id === "panel" || target.id === "browse") {
      showNewest(target);
      say($(".told", target)?.textContent);
    }
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
  const entries = $("#entries"); // `live` follows it only a moment later
  if (!entries || listOf(path) !== listOf(entries.dataset.news)) return;
  event.preventDefault();
  htmx.ajax("GET", path, { target: "#panel", swap: "innerHTML show:none" });
});

function listOf(path) {
  const { pathname, searchParams } = new URL(path, location.href);
  for (const name of ["id", "part", "before", "after", "nextSeq", "since"]) searchParams.delete(name);
  searchParams.sort();
  return searchParams.has("owner") && pathname !== "/" ? searchParams.toString() : pathname;
}

document.addEventListener("htmx:historyRestore", () => {
  arrange();
  showNewest(document);
});
// Older messages come above: what is read stays where it is.
document.addEventListener("htmx:beforeSwap", ({ target, detail }) => {
  if (target.id !== "older-messages" || !detail.shouldSwap) return;
  const part = $("#part");
  const fromEnd = part.scrollHeight - part.scrollTop;
  requestAnimationFrame(() => (part.scrollTop = part.scrollHeight - fromEnd));
});

// ---- What failed ----

function notice(text) {
  const box = $("#notice");
  box.textContent = text;
  box.hidden = !text;
}
// What waits below a list or above a conversation asks once only: what failed is asked for again.
const missed = new Set();
const miss = (place) => place && missed.add(place);

// The server answers (again).
function reached() {
  const box = $("#notice");
  if (box.textContent === box.dataset.lost) notice("");
  const places = [...missed];
  missed.clear();
  for (const place of places) if (place.isConnected) $("a", place).click();
}

document.addEventListener("htmx:sendError", ({ target }) => {
  notice($("#notice").dataset.lost);
  miss(target.closest(".older"));
});
document.addEventListener("htmx:responseError", ({ target, detail }) => {
  miss(target.closest(".older"));
  notice(`${$("#notice").dataset.failed} ${detail.xhr.getResponseHeader("X-Request-ID") ?? detail.xhr.status}`);
});
document.addEventListener("htmx:afterOnLoad", ({ detail }) => detail.xhr.status < 500 && notice(""));
addEventListener("offline", () => notice($("#notice").dataset.lost));
addEventListener("online", () => notice(""));

// ---- What is said aloud ----

function say(text) {
  $("#said").textContent = "";
  $("#said").textContent = text ?? "";
}

// ---- Copying ----

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) {
    await navigator.clipboard.writeText(button.dataset.copy);
    say($("#said").dataset.copied);
    if (button.classList.contains("done")) return;
    const words = button.firstElementChild ? null : button.textContent;
    if (words) button.textContent = $("#said").dataset.copied;
    button.classList.add("done");
    setTimeout(() => {
      button.classList.remove("done");
      if (words) button.textContent = words;
    }, 1500);
  }
  if (event.target.closest("[data-help]")) $("#help").showModal();
  const cancel = event.target.closest("dialog [data-cancel]");
  if (cancel) {
    event.preventDefault();
    cancel.closest("dialog").close();
  }
});

// The header stays as it was loaded, while what is shown has moved on.
document.addEventListener("submit", ({ target }) => {
  if (target.matches(".languages")) target.elements.next.value = location.pathname + location.search;
});

// ---- The search box: what can come next is offered after what is typed already ----

document.addEventListener("input", ({ target }) => {
  if (!target.list) return;
  const typed = target.value.slice(0, target.value.lastIndexOf(" ") + 1);
  for (const option of target.list.options) {
    option.dataset.token ??= option.value;
    option.value = typed + option.dataset.token;
  }
});

// ---- Keys; off while somebody types ----

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

const keys = {
  "/": () => ($("#search") ?? $("#q"))?.focus(),
  j: () => step(1),
  k: () => step(-1),
  w: () => $("#part-explain")?.click(),
  m: () => $("#part-messages")?.click(),
  u: () => ($("#tab-unread[aria-current]") ? $("#tab-all") : $("#tab-unread"))?.click(),
  "?": () => $("#help").showModal(),
  Escape: () => $("[data-close]")?.click(),
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
    return;
  }
  const tab = goingTo && $(`#tabs a[data-key="${CSS.escape(key)}"]`);
  const act = tab ? () => tab.click() : keys[key];
  if (goingTo) goingTo = false;
  if (!act) return;
  event.preventDefault();
  act();
});

setInterval(tellTimes, 60_000);
arrange();
showNewest(document);
