/* What pages do beyond links and forms: stay up to date, keep place and focus, warn without content. All of it is optional. */
(() => {
  "use strict";
  const EVERY = 4000, SLOWEST = 60000;
  const $ = (selector, root = document) => root.querySelector(selector);

  // Live pieces: ask with the mark of what is shown; the whole piece comes back if it changed, so no gap can stay.
  const pace = new Map();
  async function refresh(piece) {
    const url = new URL(piece.dataset.live, location.href);
    url.searchParams.set("after", piece.dataset.mark);
    let answer;
    try {
      answer = await fetch(url, { headers: { "HX-Request": "true" }, cache: "no-store", credentials: "same-origin" });
    } catch {
      offline(true);
      return false;
    }
    offline(false);
    if (answer.status === 401) { location.assign(answer.headers.get("HX-Redirect") || "/"); return true; }
    if (answer.status !== 200) return answer.status === 204;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(piece.id);
    if (fresh) update(piece, fresh);
    return true;
  }
  function update(piece, fresh) {
    const before = { ...piece.dataset };
    const stay = piece.scrollHeight - piece.scrollTop - piece.clientHeight < 80;
    merge(piece, fresh);
    for (const { name, value } of fresh.attributes) if (name !== "aria-busy") piece.setAttribute(name, value);
    if (piece.id === "live") {
      if (stay) toEnd(piece);
      if (before.version !== piece.dataset.version) stale();
    }
    if (piece.id === "board") announce(before, piece.dataset);
  }
  // Children with ids are matched by id; what is the same is not touched, so focus, selection and place stay.
  function merge(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    if (![...fresh.children].length || [...fresh.children].some((child) => !child.id)) {
      if (old.contains(document.activeElement) && old !== document.activeElement) return;
      old.replaceWith(document.importNode(fresh, true));
      return;
    }
    const known = new Map([...old.children].map((child) => [child.id, child]));
    let place = old.firstElementChild;
    for (const child of [...fresh.children]) {
      const mine = known.get(child.id);
      if (!mine) { old.insertBefore(document.importNode(child, true), place); continue; }
      known.delete(child.id);
      if (mine === place) place = place.nextElementSibling; else old.insertBefore(mine, place);
      if (mine.isEqualNode(child)) continue;
      if (child.children.length && [...child.children].every((one) => one.id) && child.id !== "rows") { merge(mine, child); copy(child, mine); }
      else if (child.hasAttribute("data-keyed") && mine.hasAttribute("data-keyed")) merge(mine, child);
      else {
        for (const part of child.querySelectorAll("[data-part]")) {
          const twin = $(`[data-part="${part.dataset.part}"]`, mine);
          if (twin && !twin.isEqualNode(part)) twin.replaceWith(document.importNode(part, true));
        }
        if (!mine.isEqualNode(child)) swap(mine, child);
      }
    }
    for (const gone of known.values()) if (!gone.contains(document.activeElement)) gone.remove();
  }
  function copy(from, to) { for (const { name, value } of from.attributes) to.setAttribute(name, value); }
  function swap(mine, child) {
    const focused = mine.contains(document.activeElement) ? [...mine.querySelectorAll("a, button")].indexOf(document.activeElement) : -1;
    const fresh = document.importNode(child, true);
    mine.replaceWith(fresh);
    if (focused >= 0) [...fresh.querySelectorAll("a, button")][focused]?.focus({ preventScroll: true });
  }
  function every(piece) {
    const loop = async () => {
      const live = document.getElementById(piece.id);
      if (!live) return;
      const good = await refresh(live);
      pace.set(piece.id, good ? EVERY : Math.min((pace.get(piece.id) || EVERY) * 2, SLOWEST));
      setTimeout(loop, pace.get(piece.id));
    };
    setTimeout(loop, EVERY);
  }
  const now = () => document.querySelectorAll("[data-live]").forEach(refresh);
  addEventListener("online", now);
  addEventListener("offline", () => offline(true));
  addEventListener("pageshow", (event) => { if (event.persisted) now(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) now(); });
  function offline(is) {
    const bar = $("#offline");
    if (bar) bar.hidden = !is;
    document.querySelectorAll(".write button").forEach((button) => { button.disabled = is; });
  }

  function toEnd(piece = $("#live")) {
    if (!piece) return;
    if (piece.scrollHeight > piece.clientHeight + 4 && getComputedStyle(piece).overflowY !== "visible") piece.scrollTop = piece.scrollHeight;
    else if (document.body.classList.contains("case-open")) scrollTo(0, document.documentElement.scrollHeight);
  }
  // Somebody took, gave back or closed the case: the buttons on the page are no longer true.
  function stale() {
    const typed = [...document.querySelectorAll(".write textarea")].some((area) => area.value.trim());
    if (!typed) location.reload();
  }

  function announce(before, after) {
    const waiting = Number(after.waiting), urgent = Number(after.urgent);
    document.title = document.title.replace(/^\(\d+\) /, "");
    if (waiting) document.title = `(${waiting}) ${document.title}`;
    const more = waiting > Number(before.waiting), worse = urgent > Number(before.urgent);
    if (!more && !worse) return;
    if (window.Notification && Notification.permission === "granted" && document.hidden) new Notification(worse ? after.alertUrgent : after.alert, { tag: "helpline" });
  }

  // Composer
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches(".write textarea")) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  });
  document.addEventListener("click", (event) => {
    const insert = event.target.closest("[data-insert]");
    const area = $("#reply-text");
    if (!insert || !area) return;
    const radio = $("#mode-reply");
    if (radio) radio.checked = true;
    const start = area.value.trim() ? `${area.value.trimEnd()}\n\n` : "";
    area.value = start + insert.dataset.insert;
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".mode")) $(event.target.id === "mode-note" ? "#note-text" : "#reply-text")?.focus();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "composer" && event.detail.elt?.id !== "composer") return;
    const area = $("#mode-note")?.checked ? $("#note-text") : $("#reply-text");
    (area || $("#note-text"))?.focus({ preventScroll: true });
    const live = $("#live");
    if (live) refresh(live).then(() => toEnd());
    reveal();
  });
  document.addEventListener("htmx:sendError", () => offline(true));

  function reveal() { document.querySelectorAll("[data-insert]").forEach((button) => { button.hidden = false; }); }
  reveal();
  if (matchMedia("(max-width: 1080px)").matches) {
    const card = $(".card-column details.card");
    if (card && $(".write.reply")) card.open = false;
  }
  document.querySelectorAll("[data-live]").forEach(every);
  toEnd();
})();
