/* What pages do beyond links and forms: stay up to date, keep place and focus, warn without content. All of it is optional. */
(() => {
  "use strict";
  const EVERY = { board: 4000, live: 2000 }, SLOWEST = 60000;
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
    const rows = new Set([...piece.querySelectorAll(".row")].map((row) => row.id));
    const stay = piece.scrollHeight - piece.scrollTop - piece.clientHeight < 80;
    merge(piece, fresh);
    for (const { name, value } of fresh.attributes) if (name !== "aria-busy") piece.setAttribute(name, value);
    if (piece.id === "live") {
      if (stay) toEnd(piece);
      if (before.version !== piece.dataset.version) stale();
      if (!document.hidden) sawAll();
    }
    if (piece.id === "board") announce(before, piece.dataset, [...piece.querySelectorAll(".row")].find((row) => !rows.has(row.id))?.dataset.language);
  }
  // Children with ids are matched by id; what is the same is not touched, so focus, selection and place stay.
  function merge(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    if (![...fresh.children].some((child) => child.id)) {
      if (old.contains(document.activeElement) && old !== document.activeElement) return;
      old.replaceWith(document.importNode(fresh, true));
      return;
    }
    const key = (child, at) => child.id || `${child.tagName} ${at}`;
    const known = new Map([...old.children].map((child, at) => [key(child, at), child]));
    let place = old.firstElementChild;
    for (const [at, child] of [...fresh.children].entries()) {
      const mine = known.get(key(child, at));
      if (!mine) { old.insertBefore(document.importNode(child, true), place); continue; }
      known.delete(key(child, at));
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
    const usual = EVERY[piece.id] || 4000;
    const loop = async () => {
      const live = document.getElementById(piece.id);
      if (!live) return;
      const good = await refresh(live);
      pace.set(piece.id, good ? usual : Math.min((pace.get(piece.id) || usual) * 2, SLOWEST));
      setTimeout(loop, pace.get(piece.id));
    };
    setTimeout(loop, usual);
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

  const sawAll = () => { const field = $('.write.reply [name="seen"]'); const live = $("#live"); if (field && live) field.value = live.dataset.seen; };
  const stored = (key, value) => { try { if (value === undefined) return localStorage.getItem(key); localStorage.setItem(key, value); } catch { return null; } };

  // Alerts: a sound and words without any content; urgent ones come again until somebody takes the case.
  let sound, rang = 0;
  const alerting = () => stored("alerts") === "on";
  function ring(urgent) {
    if (!sound) return;
    const start = sound.currentTime;
    (urgent ? [880, 660, 880, 660] : [660, 880]).forEach((pitch, at) => {
      const tone = sound.createOscillator(), volume = sound.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.12, start + at * 0.18);
      volume.gain.exponentialRampToValueAtTime(0.001, start + at * 0.18 + 0.16);
      tone.connect(volume).connect(sound.destination);
      tone.start(start + at * 0.18);
      tone.stop(start + at * 0.18 + 0.17);
    });
  }
  function announce(before, after, language) {
    const waiting = Number(after.waiting), urgent = Number(after.urgent);
    document.title = document.title.replace(/^\(\d+\) /, "");
    if (waiting) document.title = `(${waiting}) ${document.title}`;
    if (waiting > Number(before.waiting) || urgent > Number(before.urgent)) warn(urgent > Number(before.urgent), language);
  }
  function warn(urgent, language) {
    const board = $("#board");
    rang = Date.now();
    if (!alerting() || !board) return;
    ring(urgent);
    if (window.Notification && Notification.permission === "granted" && document.hidden) new Notification(`${urgent ? board.dataset.alertUrgent : board.dataset.alert}${language ? ` (${language})` : ""}`, { tag: "helpline", renotify: true });
  }
  setInterval(() => { if (Number($("#board")?.dataset.urgent) && Date.now() - rang > 30000) warn(true); }, 5000);
  const bell = $("#alerts");
  function showBell() {
    const on = alerting();
    bell.setAttribute("aria-pressed", on);
    bell.title = bell.lastElementChild.textContent = on ? bell.dataset.on : bell.dataset.off;
  }
  if (bell) {
    bell.hidden = false;
    showBell();
    bell.addEventListener("click", async () => {
      const on = !alerting();
      stored("alerts", on ? "on" : "off");
      if (on) { sound = sound || new AudioContext(); ring(false); if (window.Notification && Notification.permission === "default") await Notification.requestPermission(); }
      showBell();
    });
    document.addEventListener("pointerdown", () => { if (alerting() && !sound) sound = new AudioContext(); }, { once: true });
  }

  // Menus that drop down: shut by Escape and by a click beside them.
  const shut = (except) => document.querySelectorAll("details.drop[open], details.menu-more[open]").forEach((one) => { if (one !== except) one.open = false; });
  document.addEventListener("click", (event) => shut(event.target.closest("details")));
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && event.target.closest("details.drop[open], details.menu-more[open]");
    if (open) { open.open = false; $("summary", open).focus(); event.stopPropagation(); }
  }, true);

  // Keys: one letter each, off while one types, and off altogether for who wants that.
  const sheet = $("#keys");
  const keysOn = () => stored("keys") !== "off";
  function showKeys() { const toggle = $("#keys-toggle"); toggle.textContent = keysOn() ? toggle.dataset.on : toggle.dataset.off; toggle.setAttribute("aria-pressed", keysOn()); }
  function openKeys() { shut(); showKeys(); sheet.showModal(); }
  if (sheet) {
    $("#keys-open").hidden = false;
    $("#keys-open").addEventListener("click", openKeys);
    $("#keys-toggle").addEventListener("click", () => { stored("keys", keysOn() ? "off" : "on"); showKeys(); });
  }
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=radio]), textarea, select");
    if (event.key === "Escape" && typing && !sheet?.open) { typing.blur(); $("#live")?.focus({ preventScroll: true }); return; }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || sheet?.open || !keysOn()) return;
    if (event.key === "?") { openKeys(); event.preventDefault(); return; }
    if (event.key === "j" || event.key === "k") {
      const rows = [...document.querySelectorAll(".row a")];
      const at = rows.findIndex((row) => row === document.activeElement);
      const from = at < 0 ? rows.findIndex((row) => row.getAttribute("aria-current")) : at;
      rows[Math.max(0, Math.min(rows.length - 1, from + (event.key === "j" ? 1 : -1)))]?.focus();
      event.preventDefault();
      return;
    }
    const target = [...document.querySelectorAll(`[data-key="${CSS.escape(event.key)}"]`)].filter((one) => one.offsetParent !== null).pop();
    if (!target) return;
    event.preventDefault();
    if (target.matches("input")) target.focus();
    else if (target.matches("label")) { target.click(); (event.key === "n" ? $("#note-text") : $("#reply-text"))?.focus(); }
    else {
      target.click();
      if (event.key === "x") $("#close-topic")?.focus();
      if (event.key === "m") $(".menu-more button")?.focus();
    }
  });

  document.addEventListener("change", (event) => { if (event.target.closest(".filters")) event.target.form.requestSubmit(); });
  document.addEventListener("htmx:sendError", () => offline(true));

  document.querySelectorAll(".filters button").forEach((button) => { button.hidden = true; });
  if (matchMedia("(max-width: 720px)").matches) {
    const card = $(".card-column details.card");
    if (card && $(".write.reply")) card.open = false;
  }
  document.querySelectorAll("[data-live]").forEach(every);
  toEnd();
  window.desk = { offline, refresh, toEnd, keysOn };
})();
