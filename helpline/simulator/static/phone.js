// The phone: list of contacts, one conversation, composer. State comes from the server by polling.
import { $, bubble, clock, element, stamp, summary, use } from "./bubbles.js";
import { record } from "./recorder.js";

const POLL_MS = 600;
const device = $(".device"), list = $("#people"), talkBox = $("#talk"), composer = $("#composer"), text = $("#text");
let key = null, version = 0, talk = new Map(), quoted = null, recorder = null, polling = false, again = false;

async function call(path, options) {
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

function send(action, body, query = "") {
  const asFile = body instanceof Blob;
  const options = { method: "POST", body: asFile ? body : JSON.stringify(body ?? {}) };
  if (body === null) options.body = "";
  else options.headers = { "Content-Type": asFile ? body.type || "application/octet-stream" : "application/json" };
  return call(`/phone/${encodeURIComponent(key)}/${action}${query}`, options).then(refresh);
}

// --- contacts

function paintAvatar(node, person) {
  const colour = Number(person.key.replace(/\D/g, "").slice(-3)) % 8;
  node.className = `${node.className.replace(/ ?c\d/, "")} c${colour}`;
  node.textContent = [...person.name.replace("+", "")][0] ?? "";
}

function paintPeople(people) {
  const rows = people.map((person) => {
    const row = stamp("t-person");
    row.dataset.key = person.key;
    row.setAttribute("aria-current", person.key === key);
    paintAvatar($(".avatar", row), person);
    $("strong", row).textContent = person.name;
    $("small", row).textContent = person.phone ? `+${person.phone.slice(0, 2)} ${person.phone.slice(2, 3)} ${person.phone.slice(3)}` : `@${person.username ?? person.key}`;
    const last = $(".last", row);
    last.textContent = person.typing ? "•••" : person.last ? summary(person.last) : "";
    last.classList.toggle("typing", person.typing);
    $("time", row).textContent = person.last ? clock(person.last.at) : "";
    $(".unread", row).textContent = person.unread || "";
    $("button", row).addEventListener("click", () => open(person));
    return row;
  });
  const before = list.scrollTop, focused = document.activeElement?.closest?.("#people li")?.dataset.key;
  list.replaceChildren(...rows);
  list.scrollTop = before;
  if (focused) $(`[data-key="${CSS.escape(focused)}"] button`, list)?.focus();
  $("#count").textContent = people.reduce((sum, one) => sum + one.unread, 0) || "";
}

function open(person) {
  key = person.key;
  version = 0;
  talk = new Map();
  talkBox.replaceChildren();
  quote(null);
  closeSheets();
  paintAvatar($("#me"), person);
  $("#subtitle").textContent = person.name;
  device.dataset.view = "chat";
  location.hash = encodeURIComponent(person.key);
  refresh();
}

// --- conversation

const actions = {
  tap: (message, id) => send("tap", { message_id: message.id, id }),
  open: showList,
  pin: (message) => { quote(message); toggleSheet(true); },
  quote,
};

function paintTalk(changed, typing) {
  const nearEnd = talkBox.scrollHeight - talkBox.scrollTop - talkBox.clientHeight < 120;
  const fresh = changed.length > 0;
  for (const message of changed) talk.set(message.id, message);
  const again = new Set(changed.map((one) => one.id));
  for (const message of changed) if (message.quote) again.add(message.quote);
  for (const id of again) {
    const message = talk.get(id);
    if (!message) continue;
    const row = bubble(message, talk, actions);
    const old = talkBox.querySelector(`[data-id="${CSS.escape(id)}"]`);
    if (old) { row.style.animation = "none"; old.replaceWith(row); } else talkBox.append(row);
  }
  talkBox.querySelector(".typing")?.remove();
  if (fresh) {
    let before = null;
    for (const row of talkBox.querySelectorAll(".row")) {
      row.classList.toggle("turn", before === null || before !== row.dataset.mine);
      before = row.dataset.mine;
    }
  }
  if (typing) talkBox.append(stamp("t-typing"));
  if (fresh && (nearEnd || changed.some((one) => one.mine)) || typing && nearEnd) talkBox.scrollTop = talkBox.scrollHeight;
}

// One at a time: a slow answer must not be overtaken for ever by the next question.
async function refresh() {
  if (polling) { again = true; return; }
  polling = true;
  const forWhom = device.dataset.view === "chat" && !document.hidden ? key : null;
  try {
    const people = await call("/phone/contacts");
    const news = forWhom && await call(`/phone/${encodeURIComponent(forWhom)}/messages?look=1&after=${version}`);
    document.body.classList.remove("offline");
    paintPeople(people);
    if (news && forWhom === key) {
      version = news.version;
      paintTalk(news.messages, news.typing);
    }
  } catch (error) {
    document.body.classList.add("offline");
    if (!(error instanceof TypeError && /fetch/i.test(error.message)) && !/^\d+$/.test(error.message)) reportError(error);
  }
  polling = false;
  if (again) { again = false; refresh(); }
}

// --- composer

function quote(message) {
  quoted = message?.id ?? null;
  $("#quoted").hidden = !message;
  if (message) { $("#quoted p").textContent = summary(message); text.focus(); }
}

function withQuote(body) {
  const made = quoted ? { ...body, quote: quoted } : body;
  quote(null);
  return made;
}

function grow() {
  composer.classList.toggle("has-text", text.value.trim() !== "");
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, 132)}px`;
}

composer.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (recorder) { const clip = await stopRecording(); if (clip) send("voice", clip); return; }
  const body = text.value.trim();
  if (body) {
    text.value = "";
    grow();
    send("text", withQuote({ text: body }));
  } else startRecording();
});
text.addEventListener("input", grow);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); composer.requestSubmit(); }
});

async function startRecording() {
  closeSheets();
  recorder = await record((seconds) => { $("#recording time").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`; });
  if (!recorder) { send("voice", null); return; }
  showRecording(true);
}

async function stopRecording() {
  const clip = await recorder.stop();
  recorder = null;
  showRecording(false);
  return clip;
}

function showRecording(on) {
  $("#recording").hidden = !on;
  text.hidden = on;
  composer.classList.toggle("recording", on);
}

// --- sheets

function toggleSheet(on) {
  $("#sheet").hidden = !on;
  $("#attach").setAttribute("aria-expanded", on);
}

function closeSheets() { toggleSheet(false); $("#options").hidden = true; }

function showList(message) {
  const action = message.interactive.action, sheet = $("#options");
  $("strong", sheet).textContent = action.button;
  const rows = (action.sections ?? []).flatMap((section) => section.rows).map((row) => {
    const item = element("li"), button = element("button");
    button.type = "button";
    button.append(element("strong", "", row.title));
    if (row.description) button.append(element("span", "", row.description));
    button.addEventListener("click", () => { closeSheets(); actions.tap(message, row.id); });
    item.append(button);
    return item;
  });
  $("ul", sheet).replaceChildren(...rows);
  sheet.hidden = false;
}

function sendPin(pin) { closeSheets(); send("location", withQuote(pin)); }

$("#attach").addEventListener("click", () => toggleSheet($("#sheet").hidden));
$("#close-options").addEventListener("click", closeSheets);
$("#unquote").addEventListener("click", () => quote(null));
$("#discard").addEventListener("click", stopRecording);
$("#back").addEventListener("click", () => { device.dataset.view = "list"; key = null; location.hash = ""; refresh(); });
$("#sample-image").addEventListener("click", () => { closeSheets(); send("image", null); });
$("#sample-voice").addEventListener("click", () => { closeSheets(); send("voice", null); });
for (const kind of ["image", "document"]) {
  $(`#pick-${kind}`).addEventListener("click", () => $(`#${kind}`).click());
  $(`#${kind}`).addEventListener("change", (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    closeSheets();
    if (file) send(kind, file, `?filename=${encodeURIComponent(file.name)}`);
  });
}
$("#pin").addEventListener("submit", (event) => {
  event.preventDefault();
  const [latitude, longitude] = [$("#latitude"), $("#longitude")].map((field) => Number(field.value.replace(",", ".")));
  if (Number.isFinite(latitude) && Number.isFinite(longitude)) sendPin({ latitude, longitude });
});

async function start() {
  const demo = await call(document.body.dataset.demo);
  const places = demo.places.map(({ name, latitude, longitude }) => {
    const item = element("li"), button = element("button");
    button.type = "button";
    const icon = $("#pin svg").cloneNode(true);
    use(icon, "i-pin");
    button.append(icon, element("span", "", name));
    button.addEventListener("click", () => sendPin({ latitude, longitude }));
    item.append(button);
    return item;
  });
  $("#places").replaceChildren(...places);
  const people = await call("/phone/contacts");
  paintPeople(people);
  const wanted = decodeURIComponent(location.hash.slice(1));
  const person = people.find((one) => one.key === wanted) ?? (matchMedia("(min-width: 720px)").matches ? people[0] : null);
  if (person) open(person);
  setInterval(refresh, POLL_MS);
}

start();
