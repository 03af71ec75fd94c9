// WhatsApp's marks (*bold* _italic_ ~struck~ `code`), links and phone numbers, as nodes: never as HTML.
const CODE = /```([\s\S]+?)```|`([^`\n]+)`/;
const LINK = /(https?:\/\/[^\s<>"]+|www\.[^\s<>"]+\.[^\s<>"]+)|([\w.+-]+@[\w-]+\.[\w.-]+\w)|((?:\+|\b0)\d[\d \u00a0-]{6,}\d)/;
const MARK = /(^|[\s\p{P}\p{S}])([*_~])(?=\S)((?:(?!\2)[^\n])*?[^\s])\2(?=$|[\s\p{P}\p{S}])/u;
const TAGS = { "*": "b", _: "i", "~": "s" };

export function marked(text) {
  const made = document.createDocumentFragment();
  until(text, CODE, made, plain, (found) => element("code", found[1] ?? found[2]));
  return made;
}

function plain(text, into) {
  until(text, LINK, into, styled, (found) => {
    const whole = found[0].replace(/[.,;:!?)\]]+$/, "");
    const target = found[1] ? (whole.startsWith("http") ? whole : `https://${whole}`) : found[2] ? `mailto:${whole}` : `tel:${whole.replace(/[^\d+]/g, "")}`;
    const link = element("a", whole);
    link.href = target;
    link.dir = "ltr";
    if (found[1]) { link.target = "_blank"; link.rel = "noopener noreferrer"; }
    const both = document.createDocumentFragment();
    both.append(link, found[0].slice(whole.length));
    return both;
  });
}

function styled(text, into) {
  until(text, MARK, into, (part, box) => box.append(part), (found) => {
    const both = document.createDocumentFragment(), node = document.createElement(TAGS[found[2]]);
    styled(found[3], node);
    both.append(found[1], node);
    return both;
  });
}

function until(text, pattern, into, between, make) {
  let rest = text;
  for (let found = pattern.exec(rest); found; found = pattern.exec(rest)) {
    if (found.index) between(rest.slice(0, found.index), into);
    into.append(make(found));
    rest = rest.slice(found.index + found[0].length);
  }
  if (rest) between(rest, into);
}

function element(tag, text) {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}
