/* Ctrl+K: everything this page can do, found by a few letters. It only presses what is on the page anyway. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const bar = $("#commands"), input = $("#commands-find"), list = $("#commands-list");
  if (!bar) return;
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const named = (one) => (one.matches("input") ? one.labels[0]?.textContent || one.placeholder : one.textContent).replace(/\s+/g, " ").trim() || one.title;
  const seen = (one) => one.offsetParent !== null && !one.disabled;

  function commands() {
    const found = new Map();
    const add = (name, key, run) => { if (name && !found.has(name)) found.set(name, { name, key, run }); };
    const keyed = [...document.querySelectorAll(".case-column [data-key], .card-column [data-key]"), ...document.querySelectorAll("main [data-key]")];
    keyed.forEach((one) => { if (seen(one)) add(named(one), one.dataset.key, () => press(one)); });
    document.querySelectorAll(".menu a, .account .entry:not(.plain), .account .language button").forEach((one) => {
      const name = one.matches(".language button") ? one.title : [...one.childNodes].filter((node) => node.nodeName !== "KBD").map((node) => node.textContent).join("").trim();
      add(name, $("kbd", one)?.textContent || "", () => one.click());
    });
    return [...found.values()];
  }
  function press(one) {
    if (one.matches("input")) { one.focus(); return; }
    one.click();
    const field = { n: "#note-text", r: "#reply-text", x: "#close-topic", m: ".menu-more button" }[one.dataset.key];
    if (field) $(field)?.focus();
  }
  function show() {
    const words = plain(input.value).split(/\s+/).filter(Boolean);
    const fit = commands().filter((one) => words.every((word) => plain(one.name).includes(word)));
    const typed = input.value.trim();
    if (typed && input.dataset.search) {
      const url = new URL(input.dataset.search, location.href);
      url.searchParams.set("q", typed);
      fit.push({ name: input.dataset.searchWords.replace("{words}", typed), key: "", run: () => location.assign(url) });
    }
    list.replaceChildren(...fit.map((one, at) => {
      const row = document.createElement("li");
      row.id = `command-${at}`;
      row.setAttribute("role", "option");
      row.append(Object.assign(document.createElement("span"), { textContent: one.name }));
      if (one.key) row.append(Object.assign(document.createElement("kbd"), { textContent: one.key }));
      row.addEventListener("click", () => { bar.close(); one.run(); });
      return row;
    }));
    $("#commands-none").hidden = fit.length > 0;
    choose(0);
  }
  function choose(at) {
    const rows = [...list.children];
    rows.forEach((row, place) => row.setAttribute("aria-selected", place === at));
    if (rows[at]) { input.setAttribute("aria-activedescendant", rows[at].id); rows[at].scrollIntoView({ block: "nearest" }); } else input.removeAttribute("aria-activedescendant");
  }
  function open() {
    document.querySelectorAll("details.drop[open]").forEach((one) => { one.open = false; });
    if (bar.open) return;
    bar.showModal();
    input.value = "";
    show();
    input.focus();
  }
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    const rows = [...list.children], at = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") choose(Math.min(at + 1, rows.length - 1));
    else if (event.key === "ArrowUp") choose(Math.max(at - 1, 0));
    else if (event.key === "Enter") rows[at]?.click();
    else return;
    event.preventDefault();
  });
  bar.addEventListener("click", (event) => { if (event.target === bar) bar.close(); });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") { event.preventDefault(); open(); }
  });
  const button = $("#commands-open");
  if (button) { button.hidden = false; button.addEventListener("click", open); }
})();
