"use strict";
// What the page can do beside being read: it is whole without this.
for (const box of document.querySelectorAll("[data-search]")) {
  const input = box.querySelector("input");
  if (!input) continue;
  const count = box.querySelector("output");
  const items = [...box.querySelectorAll("li")];
  const texts = items.map((item) => {
    const copy = item.cloneNode(true);
    for (const drawing of copy.querySelectorAll("svg")) drawing.remove();
    return copy.textContent.toLowerCase();
  });
  const folds = [...box.querySelectorAll("details")];
  const search = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    items.forEach((item, index) => {
      item.hidden = !words.every((word) => texts[index].includes(word));
      found += !item.hidden;
    });
    for (const fold of folds) if (words.length) fold.open = true;
    count.textContent = words.length ? `${found} of ${items.length}` : "";
  };
  input.addEventListener("input", search);
  input.closest("p").hidden = false;
}
for (const box of document.querySelectorAll("[data-choose]")) {
  const select = box.querySelector("select");
  const panels = [...box.querySelectorAll("[data-panel]")];
  const choose = () => panels.forEach((panel) => { panel.hidden = panel.dataset.panel !== select.value; });
  select.addEventListener("change", choose);
  select.closest("p").hidden = false;
  choose();
}
const note = document.createElement("div");
note.className = "value-note";
note.hidden = true;
document.body.append(note);
for (const band of document.querySelectorAll(".hover")) {
  const title = band.querySelector("title");
  const text = title.textContent;
  title.remove();
  const show = (event) => {
    note.textContent = text;
    note.hidden = false;
    const right = document.documentElement.clientWidth - note.offsetWidth - 8;
    note.style.left = `${Math.max(8, Math.min(event.clientX + 12, right))}px`;
    note.style.top = `${Math.max(8, event.clientY - note.offsetHeight - 12)}px`;
  };
  band.addEventListener("pointermove", show);
  band.addEventListener("pointerdown", show);
  band.addEventListener("pointerleave", () => { note.hidden = true; });
}
const unfold = () => {
  const place = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (place) for (const fold of place.querySelectorAll(":scope > details")) fold.open = true;
};
addEventListener("hashchange", unfold);
unfold();
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
});
