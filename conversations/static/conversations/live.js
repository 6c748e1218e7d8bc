// How the conversation browser stands to the server: rows that change while they are looked at, and what could not be had.
"use strict";

(() => {
  const { $, $$ } = imsite;

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
      for (const name of ["#totals", "#tabs"]) {
        const fresh = $(name, news);
        $(name)?.replaceWith(fresh ?? "");
        if (fresh) htmx.process(fresh);
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
      imsite.markCurrent();
      imsite.tellTicked();
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

  imsite.follow = () => live.follow();
})();
