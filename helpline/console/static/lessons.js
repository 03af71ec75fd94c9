/* Labelling by keyboard: j and k walk, Enter in the list of intents teaches, n s o put aside. Without it every button works. */
(() => {
  "use strict";
  const heaps = () => [...document.querySelectorAll(".heap")];
  const hint = document.getElementById("lesson-keys");
  if (hint) hint.hidden = false;
  const here = () => document.activeElement.closest(".heap");
  function go(heap) {
    if (!heap) return;
    heap.scrollIntoView({ block: "nearest" });
    (heap.querySelector("select[name=intent]") || heap).focus();
  }
  async function send(heap, value) {
    const form = heap.querySelector("form"), body = new FormData(form);
    body.set("do", value);
    if (value === "teach" && !body.get("intent")) return;
    const answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
    if (!answer.ok) { heap.dataset.plain = "1"; form.requestSubmit(form.querySelector(`button[value=${value}]`)); return; }
    const all = heaps(), at = all.indexOf(heap);
    heap.remove();
    go(all[at + 1] || all[at - 1]);
  }
  document.addEventListener("submit", (event) => {
    const heap = event.target.closest(".heap");
    if (!heap || !event.submitter || heap.dataset.plain) return;
    event.preventDefault();
    heap.dataset.plain = "1";
    send(heap, event.submitter.value);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("textarea, input")) return;
    const heap = here(), all = heaps(), letters = { n: "not_for_us", s: "spam", o: "asked" };
    const picking = event.target.matches("select");
    if (event.key === "Enter" && picking && heap) { event.preventDefault(); send(heap, "teach"); }
    else if (picking && !event.shiftKey) return;
    else if (event.key.toLowerCase() === "j") { event.preventDefault(); go(heap ? all[all.indexOf(heap) + 1] : all[0]); }
    else if (event.key.toLowerCase() === "k") { event.preventDefault(); go(heap ? all[all.indexOf(heap) - 1] : all[0]); }
    else if (heap && letters[event.key.toLowerCase()]) { event.preventDefault(); send(heap, letters[event.key.toLowerCase()]); }
  });
})();
