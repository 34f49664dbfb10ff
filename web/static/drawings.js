// A click on a site's picture says where a zone is: it is typed into the form, in per mille. The
// page may come and go in the shell: what is listened to is the document.
const SVG = "http://www.w3.org/2000/svg";
const form = () => document.getElementById("place");

const perMille = (part, whole) => Math.min(1000, Math.max(0, Math.round((part / whole) * 1000)));

/** The mark of what is typed, until it is placed. */
function show() {
  const picture = document.querySelector("[data-drawing]");
  if (!picture || !form()) return;
  picture.querySelector(".fresh")?.remove();
  const { x, y } = form().elements;
  if (!x.value || !y.value) return;
  const { width, height } = picture.viewBox.baseVal;
  const mark = document.createElementNS(SVG, "g");
  const dot = document.createElementNS(SVG, "circle");
  mark.setAttribute("class", "mark fresh");
  dot.setAttribute("cx", (x.value * width) / 1000);
  dot.setAttribute("cy", (y.value * height) / 1000);
  dot.setAttribute("r", width / 80);
  mark.append(dot);
  picture.append(mark);
}

document.addEventListener("click", (event) => {
  const picture = event.target.closest?.("[data-drawing]");
  if (!picture || !form()) return;
  const { width, height } = picture.viewBox.baseVal;
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse());
  const { x, y } = form().elements;
  x.value = perMille(at.x, width);
  y.value = perMille(at.y, height);
  show();
});
document.addEventListener("input", (event) => { if (event.target.form === form()) show(); });
document.addEventListener("callflow:page", show);
show();
