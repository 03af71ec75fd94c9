// One bubble per message, from the JSON of GET /phone/<contact>/messages.
import { marked } from "./marks.js";

const TICKS = { pending: "i-clock", sent: "i-tick", delivered: "i-ticks", read: "i-ticks", failed: "i-warn" };
const EMOJI_ONLY = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f|\s){1,12}$/u;

export const $ = (selector, within = document) => within.querySelector(selector);
export const stamp = (name) => $(`#${name}`).content.firstElementChild.cloneNode(true);
export const clock = (at) => new Date(at * 1000).toTimeString().slice(0, 5);

export function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

export function use(svg, name) { $("use", svg).setAttribute("href", `#${name}`); }

export function summary(message) {
  const body = message[message.kind] ?? {};
  if (message.kind === "text") return body.body ?? "";
  if (message.kind === "interactive") {
    const reply = body.button_reply ?? body.list_reply;
    return reply ? reply.title : body.body?.text ?? "";
  }
  const sign = { image: "🖼", audio: "🎤", location: "📍", document: "📄", video: "🎬", sticker: "🏷", template: "✉" }[message.kind] ?? "…";
  return `${sign} ${body.caption ?? body.name ?? body.filename ?? ""}`.trim();
}

export function bubble(message, talk, actions) {
  const row = stamp("t-bubble");
  const box = $(".bubble", row), body = $(".body", row);
  row.dataset.id = message.id;
  row.dataset.mine = message.mine;
  row.classList.toggle("mine", message.mine);
  const quoted = message.quote && talk.get(message.quote);
  if (quoted) { const quote = element("blockquote", "", summary(quoted)); quote.dir = "auto"; body.append(quote); }
  (KINDS[message.kind] ?? other)(message[message.kind] ?? {}, body, message, talk, actions);
  $("time", row).textContent = clock(message.at);
  const ticks = $(".ticks", row);
  use(ticks, TICKS[message.status] ?? "i-tick");
  ticks.classList.add(message.status);
  row.dataset.status = message.status;
  if (message.reaction) { box.append(element("span", "reaction", message.reaction)); row.classList.add("reacted"); }
  const choices = $(".choices", body);
  if (choices) { box.append(choices); box.classList.add("with-choices"); }
  $(".reply", row).addEventListener("click", () => actions.quote(message));
  return row;
}

function paragraph(text, into, className = "") {
  if (!text) return;
  const node = element("p", className);
  node.dir = "auto";
  node.append(marked(text));
  into.append(node);
}

const KINDS = {
  text: (content, into) => paragraph(content.body, into, EMOJI_ONLY.test(content.body ?? "") ? "big" : ""),
  image: (content, into) => {
    const picture = element("img", "picture");
    picture.src = file(content);
    picture.alt = "";
    into.append(picture);
    paragraph(content.caption, into);
  },
  sticker: (content, into) => KINDS.image(content, into),
  video: (content, into) => {
    const video = element("video", "picture");
    video.src = file(content);
    video.controls = true;
    into.append(video);
    paragraph(content.caption, into);
  },
  audio: (content, into, message) => into.append(voice(file(content), message.id)),
  document: (content, into) => {
    const link = stamp("t-document");
    link.href = file(content);
    $("span", link).textContent = content.filename ?? "";
    into.append(link);
    paragraph(content.caption, into);
  },
  location: (content, into) => {
    into.append(stamp("t-map"));
    paragraph(content.name, into);
    paragraph(content.address, into, "coords");
    into.append(element("p", "coords", `${Number(content.latitude).toFixed(4)}, ${Number(content.longitude).toFixed(4)}`));
  },
  interactive: (content, into, message, talk, actions) => {
    const reply = content.button_reply ?? content.list_reply;
    if (reply) {
      paragraph(reply.title, into);
      paragraph(reply.description, into, "foot");
      return;
    }
    const header = content.header;
    if (header?.type === "text") paragraph(`*${header.text}*`, into);
    else if (header && KINDS[header.type]) KINDS[header.type](header[header.type] ?? {}, into, message);
    paragraph(content.body?.text, into);
    paragraph(content.footer?.text, into, "foot");
    into.append(choices(content, message, talk, actions));
  },
};

function other(content, into, message) { paragraph(summary({ ...message, [message.kind]: content }), into); }

function choices(content, message, talk, actions) {
  const box = element("div", "choices");
  const action = content.action ?? {};
  const add = (title, icon, run, disabled = false) => {
    const button = element("button");
    button.type = "button";
    button.disabled = disabled;
    if (icon) button.insertAdjacentElement("afterbegin", svg(icon));
    const label = element("span", "", title);
    label.dir = "auto";
    button.append(label);
    button.addEventListener("click", run);
    box.append(button);
  };
  // As in WhatsApp: a quick reply can be tapped once, a list may be opened again.
  const answered = [...talk.values()].some((one) => one.mine && one.quote === message.id && one.kind === "interactive");
  for (const one of action.buttons ?? []) add(one.reply.title, "i-reply", () => actions.tap(message, one.reply.id), answered);
  if (content.type === "list") add(action.button, "i-list", () => actions.open(message));
  if (content.type === "location_request_message") add("", "i-pin", () => actions.pin(message));
  if (content.type === "cta_url") add(action.parameters?.display_text ?? "", "i-send", () => window.open(action.parameters?.url, "_blank", "noopener"));
  return box;
}

function svg(name) {
  const node = $("#t-document").content.querySelector("svg").cloneNode(true);
  use(node, name);
  return node;
}

function file(content) { return content.id ? `/phone/files/${encodeURIComponent(content.id)}` : content.link ?? ""; }

function voice(source, seed) {
  const box = stamp("t-voice");
  const audio = $("audio", box), button = $("button", box), wave = $(".wave", box);
  let state = 7;
  for (const character of seed) state = (state * 31 + character.charCodeAt(0)) % 9973;
  for (let bar = 0; bar < 26; bar++) {
    state = (state * 137 + 61) % 9973;
    const line = element("i");
    line.style.height = `${18 + (state % 78)}%`;
    wave.append(line);
  }
  audio.src = source;
  button.addEventListener("click", () => (audio.paused ? audio.play() : audio.pause()));
  const show = () => { box.classList.toggle("playing", !audio.paused); use($("svg", button), audio.paused ? "i-play" : "i-pause"); };
  for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, show);
  return box;
}
