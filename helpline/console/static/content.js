// The page of one answer: preview while typing, chips instead of braces, what is typed is kept, who else is here.
(() => {
  const form = document.querySelector("#writing");
  if (!form) return;
  const $ = (selector) => document.querySelector(selector);
  const area = form.elements.text, behind = form.querySelector(".behind"), count = $("#count");
  const TOKEN = /\[\[fact:[a-z0-9_]+\]\]|\{\w+\}/g;
  const SAME = { credentials: "same-origin", headers: { "HX-Request": "true" } };
  const key = `answer ${form.dataset.typed}`;
  let touched = false, sent = true, timer = 0, keeping = 0, drawing = 0, leaving = false;

  const known = new Set([...document.querySelectorAll("[data-chip]")].map((button) => button.dataset.chip));
  const wanted = [...form.querySelectorAll(".chips [data-chip]")];
  document.querySelectorAll("[data-chip]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => insert(button.dataset.chip));
  });

  function insert(chip) {
    area.setRangeText(chip, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  }

  // Chips are drawn behind the text; a key that would cut into one takes it whole.
  function paint() {
    const parts = document.createDocumentFragment();
    let at = 0;
    for (const found of area.value.matchAll(TOKEN)) {
      parts.append(area.value.slice(at, found.index));
      const mark = document.createElement("mark");
      mark.textContent = found[0];
      if (!known.has(found[0])) mark.className = "wrong";
      parts.append(mark);
      at = found.index + found[0].length;
    }
    parts.append(`${area.value.slice(at)}\n`);
    behind.replaceChildren(parts);
    behind.scrollTop = area.scrollTop;
    const limit = Number(count.dataset.limit);
    count.textContent = `${area.value.trim().length} / ${limit}`;
    count.classList.toggle("over", area.value.trim().length > limit);
    wanted.forEach((button) => button.classList.toggle("missing", inSource(button.dataset.chip) && !area.value.includes(button.dataset.chip)));
    form.querySelectorAll("input[data-limit]").forEach((input) => input.classList.toggle("long", input.value.length > Number(input.dataset.limit)));
  }
  const source = $("[data-source]")?.textContent || form.elements.base.value;
  function inSource(chip) { return source.includes(chip); }
  area.addEventListener("scroll", () => { behind.scrollTop = area.scrollTop; });
  area.addEventListener("keydown", (event) => {
    const back = event.key === "Backspace", ahead = event.key === "Delete";
    if ((!back && !ahead) || area.selectionStart !== area.selectionEnd || event.ctrlKey || event.altKey || event.metaKey) return;
    const at = area.selectionStart;
    for (const found of area.value.matchAll(TOKEN)) {
      const end = found.index + found[0].length;
      if ((back && at > found.index && at <= end) || (ahead && at >= found.index && at < end)) {
        event.preventDefault();
        area.setRangeText("", found.index, end, "end");
        area.dispatchEvent(new Event("input", { bubbles: true }));
        return;
      }
    }
  });

  function fields() { return new URLSearchParams(new FormData(form)); }

  async function preview() {
    const mine = ++drawing;
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body: fields(), ...SAME });
      if (answer.ok && mine === drawing) $("#preview").innerHTML = await answer.text();
    } catch { /* the next key tries again */ }
  }

  // Kept on the server a second after the last key, in this browser when there is no connection; the rest is a sign of life.
  async function keep(gone = false) {
    const body = fields();
    if (!sent) body.set("changed", "1");
    if (gone) body.set("leave", "1");
    const told = $("#kept"), changed = !sent;
    try {
      const answer = await fetch(form.dataset.typed, { method: "POST", body, keepalive: gone, ...SAME });
      if (!answer.ok) throw new Error(answer.status);
      if (gone) return;
      const said = await answer.json();
      if (changed) { sent = true; told.textContent = told.dataset.kept; localStorage.removeItem(key); }
      const others = $("#others"), words = [said.others, said.stale].filter(Boolean).join(" ");
      if (others.textContent !== words) others.textContent = words;
      others.hidden = !words;
    } catch {
      if (changed) { told.textContent = told.dataset.lost; localStorage.setItem(key, area.value); }
    }
  }

  form.addEventListener("input", () => {
    touched = true;
    sent = false;
    paint();
    clearTimeout(timer);
    timer = setTimeout(preview, 300);
    clearTimeout(keeping);
    keeping = setTimeout(keep, 1000);
  });
  form.addEventListener("change", () => { clearTimeout(timer); timer = setTimeout(preview, 50); });
  form.addEventListener("submit", () => { leaving = true; localStorage.removeItem(key); });
  setInterval(() => keep(), 5000);
  addEventListener("pagehide", () => { if (!leaving) { if (!sent) keep(); keep(true); } });
  addEventListener("beforeunload", (event) => { if (touched && !leaving && !sent) event.preventDefault(); });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(form.querySelector("button.primary")); }
  });

  const lost = localStorage.getItem(key);
  if (lost && lost.trim() !== area.value.trim()) { area.value = lost; touched = true; sent = false; preview(); }
  paint();
  keep();
})();
