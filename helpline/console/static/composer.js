/* Writing to a contact: drafts, prepared sentences, files, voice notes. Without it the form still sends. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const field = () => $("#reply-text");
  const PAUSE = 700, LONGEST = 5000;

  // Drafts: kept on the server a moment after the last key, every few seconds while typing goes on, and at once when
  // the page goes. Remarks on the text come back with it.
  const timers = new Map(), kept = new Map();
  async function keepDraft(form, leaving) {
    clearTimeout(timers.get(form));
    timers.delete(form);
    kept.set(form, Date.now());
    const body = new URLSearchParams({ kind: form.dataset.kind, text: form.elements.text.value });
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body, keepalive: leaving, credentials: "same-origin", headers: { "HX-Request": "true" } });
      if (answer.status === 200 && form.isConnected) showHints(form, await answer.text());
    } catch { if (!leaving) desk.offline(true); }
  }
  function showHints(form, html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("hints");
    const shown = $("#hints", form);
    if (fresh && shown && shown.innerHTML.trim() !== fresh.innerHTML.trim()) shown.replaceChildren(...fresh.childNodes);
  }
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (!form || event.target.name !== "text") return;
    clearTimeout(timers.get(form));
    if (!event.target.value.trim()) $("#hints", form)?.replaceChildren();
    if (!kept.has(form)) kept.set(form, Date.now() - LONGEST + PAUSE);
    const wait = Date.now() - kept.get(form) > LONGEST ? 0 : PAUSE;
    timers.set(form, setTimeout(() => keepDraft(form, false), wait));
  });
  document.addEventListener("submit", (event) => { clearTimeout(timers.get(event.target)); timers.delete(event.target); }, true);
  addEventListener("pagehide", () => { for (const form of timers.keys()) keepDraft(form, true); });

  // Sending and inserting
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches(".write textarea")) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  });
  function changed(area) { area.dispatchEvent(new Event("input", { bubbles: true })); area.focus(); }
  document.addEventListener("click", (event) => {
    const insert = event.target.closest("[data-insert]"), area = field();
    if (!insert || !area) return;
    const radio = $("#mode-reply");
    if (radio) radio.checked = true;
    area.value = (area.value.trim() ? `${area.value.trimEnd()}\n\n` : "") + insert.dataset.insert;
    changed(area);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".mode")) $(event.target.id === "mode-note" ? "#note-text" : "#reply-text")?.focus();
    if (event.target.matches(".attach input")) attached(event.target);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    reveal();
    if (event.detail.target.id !== "composer" && event.detail.elt?.id !== "composer") return;
    const area = $("#mode-note")?.checked ? $("#note-text") : field();
    (area || $("#note-text"))?.focus({ preventScroll: true });
    const live = $("#live");
    if (live) desk.refresh(live).then(() => desk.toEnd());
  });

  // Prepared sentences: `/` and the beginning of a name; arrows choose, Enter inserts, Escape leaves.
  let asked = "";
  const list = () => $("#prepared");
  const options = () => [...(list()?.children || [])];
  const chosen = () => options().find((one) => one.getAttribute("aria-selected") === "true");
  function typedCode(area) {
    const found = /(?:^|\s)\/([\p{L}\d-]{0,30})$/u.exec(area.value.slice(0, area.selectionStart));
    return found ? found[1] : null;
  }
  function hideList() {
    const shown = list();
    if (!shown) return;
    shown.hidden = true;
    shown.replaceChildren();
    field()?.removeAttribute("aria-activedescendant");
  }
  function choose(option) {
    for (const one of options()) one.setAttribute("aria-selected", one === option);
    field().setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }
  function insertSentence(option) {
    const area = field(), at = area.selectionStart, code = typedCode(area);
    if (code === null) return;
    area.setRangeText(option.dataset.text, at - code.length - 1, at, "end");
    hideList();
    changed(area);
  }
  document.addEventListener("input", async (event) => {
    if (event.target !== field()) return;
    const code = typedCode(event.target);
    if (code === null) { asked = ""; hideList(); return; }
    const wanted = asked = `/${code}`;
    const url = new URL(list().dataset.from, location.href);
    url.searchParams.set("q", code);
    let html;
    try { html = await (await fetch(url, { headers: { "HX-Request": "true" }, credentials: "same-origin" })).text(); } catch { return; }
    if (asked !== wanted || !list()) return;
    list().replaceChildren(...new DOMParser().parseFromString(html, "text/html").querySelectorAll("li"));
    list().hidden = !options().length;
    if (options().length) choose(options()[0]); else hideList();
  });
  document.addEventListener("keydown", (event) => {
    if (event.target !== field() || !list() || list().hidden || event.ctrlKey || event.metaKey) return;
    const all = options(), at = all.indexOf(chosen());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") choose(all[(at + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length]);
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && chosen()) insertSentence(chosen());
    else if (event.key === "Escape") hideList();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  document.addEventListener("click", (event) => {
    const option = event.target.closest("#prepared li");
    if (option) insertSentence(option); else if (event.target !== field()) hideList();
  });

  // Files: refused before they travel when WhatsApp would refuse them; a recording is heard before it is sent.
  function attached(input) {
    const form = input.form, file = input.files[0], line = $(".attached", form), fault = $(".file-fault", form), player = $("audio", line);
    const kind = (file?.type || "").split("/")[0], limits = JSON.parse(input.dataset.limits);
    fault.hidden = true;
    if (player.src) URL.revokeObjectURL(player.src);
    player.removeAttribute("src");
    player.hidden = true;
    if (file && file.size > (limits[kind] || limits.document)) {
      input.value = "";
      fault.textContent = input.dataset.tooLarge;
      fault.hidden = false;
      line.hidden = true;
      return;
    }
    line.hidden = !file;
    $(".file-name", line).textContent = file?.name || "";
    if (kind === "audio") { player.src = URL.createObjectURL(file); player.hidden = false; }
  }
  document.addEventListener("click", (event) => {
    const gone = event.target.closest(".detach");
    if (!gone) return;
    const input = $(".attach input", gone.form || gone.closest("form"));
    input.value = "";
    attached(input);
    field()?.focus();
  });
  let recorder = null;
  const FORMS = [["audio/ogg;codecs=opus", "ogg"], ["audio/webm;codecs=opus", "webm"], ["audio/mp4", "mp4"]];
  const form = () => FORMS.find(([kind]) => window.MediaRecorder?.isTypeSupported(kind));
  function showRecording(button, on) {
    button.classList.toggle("on", on);
    button.setAttribute("aria-pressed", on);
    button.title = button.lastElementChild.textContent = on ? button.dataset.stop : button.dataset.start;
  }
  async function record(button) {
    if (recorder) { recorder.stop(); return; }
    const fault = $(".file-fault", button.form);
    fault.hidden = true;
    let stream;
    try { stream = await navigator.mediaDevices.getUserMedia({ audio: true }); } catch {
      fault.textContent = button.dataset.refused;
      fault.hidden = false;
      return;
    }
    const [kind, suffix] = form(), parts = [];
    recorder = new MediaRecorder(stream, { mimeType: kind });
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = () => {
      recorder = null;
      stream.getTracks().forEach((track) => track.stop());
      showRecording(button, false);
      if (!button.isConnected) return;
      const carrier = new DataTransfer(), input = $(".attach input", button.form);
      carrier.items.add(new File(parts, `voice-note.${suffix}`, { type: kind.split(";")[0] }));
      input.files = carrier.files;
      attached(input);
    };
    recorder.start();
    showRecording(button, true);
  }
  document.addEventListener("click", (event) => { const button = event.target.closest(".record"); if (button) record(button); });

  function reveal() {
    document.querySelectorAll("[data-insert]").forEach((button) => { button.hidden = false; });
    document.querySelectorAll(".record").forEach((button) => { button.hidden = !(navigator.mediaDevices?.getUserMedia && form()); });
  }
  reveal();
})();
