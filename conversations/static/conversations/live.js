// The conversation browser's connection to the server: live updates of the rows, and failed requests.
"use strict";

(() => {
  const { $, $$ } = imsite;

  // ---- Live: the stream (or a poll every 15 seconds) reports a change, then the changed rows are loaded ----

  const POLL_MS = 15_000;
  const SETTLE_MS = 300;

  const live = {
    source: null,
    timer: 0,
    entries: null,
    isAsking: false,
    isWanted: false,
    arrived: new Set(),
    hasMoved: false,

    // Follow the list that is shown, if it is not the one before.
    follow() {
      const entries = $("#entries");
      if (entries === this.entries) return;
      this.stop();
      this.entries = entries;
      this.arrived.clear();
      this.hasMoved = false;
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
        // A rejected stream is not retried: it is elsewhere, or closed to this account.
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
        const url = `${entries.dataset.updates}&since=${encodeURIComponent(entries.dataset.token)}`;
        const response = await fetch(url, { headers: { "HX-Request": "true" } });
        if (response.status >= 500) throw new Error(response.statusText); // from a proxy, while the server restarts
        if (!response.ok || response.headers.has("HX-Redirect")) return this.stop(), this.state("off");
        const page = document.createElement("template");
        page.innerHTML = await response.text();
        if (entries === this.entries) this.take(page.content.firstElementChild);
        if (this.timer) this.state("polling");
        reached();
      } catch {
        if (this.timer) this.state("again"); // no network; the next poll may succeed
      } finally {
        this.isAsking = false;
        if (this.isWanted) {
          this.isWanted = false;
          this.wake();
        }
      }
    },

    // Rows that are shown change in place; new and moved rows are only announced.
    take(updates) {
      this.entries.dataset.token = updates.dataset.token;
      if ($("#more-lists[open] #saved-counts")) htmx.trigger("#saved-counts", "changed");
      for (const name of ["#totals", "#tabs", "#more-tabs", "#select-all"]) {
        const [shown, fresh] = [$(name), $(name, updates)];
        for (const box of shown && fresh ? $$("input:checked", shown) : []) $(`#${box.id}`, fresh)?.setAttribute("checked", "");
        const focused = shown?.contains(document.activeElement) && document.activeElement.id;
        shown?.replaceWith(fresh ?? "");
        if (fresh) htmx.process(fresh);
        if (focused) document.getElementById(focused)?.focus();
      }
      if (updates.dataset.tooMuch === "1") return this.announce($("#new-bar")?.dataset.other);
      const open = $(".conversation")?.dataset.id;
      for (const fresh of $$("li[data-id]", updates)) {
        const id = fresh.dataset.id;
        const shown = $(`#rows > li[data-id="${CSS.escape(id)}"]`);
        if (!shown) this.arrived.add(id);
        else if (shown.dataset.place !== fresh.dataset.place || shown.className !== fresh.className) this.hasMoved = true;
        if (shown) {
          const hasFocus = shown.contains(document.activeElement);
          if ($(".select-row :checked", shown)) $(".select-row input", fresh).checked = true;
          shown.replaceWith(fresh);
          htmx.process(fresh);
          if (hasFocus) $("a", fresh).focus();
        }
        if (id === open) this.changed(fresh.dataset.version);
      }
      for (const { dataset, textContent } of $$("li[data-gone]", updates)) {
        dim($(`#rows > li[data-id="${CSS.escape(dataset.gone)}"]`), textContent);
        if (dataset.gone === open) this.changed(dataset.version);
      }
      imsite.markCurrent();
      imsite.showSelectionCount();
      const { one, many, moved } = $("#new-bar")?.dataset ?? {};
      if (this.arrived.size) this.announce(this.arrived.size === 1 ? one : many.replace("{count}", this.arrived.size));
      else if (this.hasMoved) this.announce(moved);
    },

    announce(text) {
      const bar = $("#new-bar");
      if (!bar) return;
      bar.textContent = text;
      bar.hidden = false;
    },

    // The reader's own change arrives here once more after its page has shown it. A deleted conversation has no version.
    changed(version) {
      const bar = $("#changed-bar");
      if (bar && !(Number(version) <= Number($(".conversation").dataset.version))) bar.hidden = false;
    },
  };

  // A row stays until the list is loaded again, and says why it will then be missing.
  function dim(row, why) {
    if (!row) return;
    row.classList.add("gone");
    const label = $(".why", row) ?? $(".labels", row).appendChild(document.createElement("span"));
    label.className = "label why";
    label.textContent = why;
  }

  // Browsers allow few streams per server: only the visible page has one.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) live.end();
    else if (live.entries && !live.timer && !live.source) {
      live.start();
      live.ask();
    }
  });

  // ---- Failed requests ----

  function notice(text) {
    const box = $("#notice");
    box.textContent = text;
    box.hidden = !text;
  }
  // "Older" below a list or above a conversation loads once only: a failed request is repeated.
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

  imsite.follow = () => live.follow();
})();
