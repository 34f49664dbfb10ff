// A step is taken by its grip and dropped before another: the order is sent as ↑ and ↓ send it.
function begin() {
  const list = document.querySelector("[data-order]");
  const form = list && document.getElementById(list.dataset.order);
  if (!form) return;
  let held;
  const places = () => [...list.children].map((step) => step.dataset.place).join(",");
  const began = places();
  for (const grip of list.querySelectorAll("[data-grip]")) {
    grip.hidden = false;
    grip.draggable = true;
    grip.addEventListener("dragstart", (event) => {
      held = grip.closest("[data-place]");
      held.classList.add("held");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setDragImage(held, 10, 10);
    });
    grip.addEventListener("dragend", () => {
      const moved = held;
      moved.classList.remove("held");
      held = undefined;
      if (places() === began) return;
      form.elements.order.value = places();
      form.elements.at.value = [...list.children].indexOf(moved) + 1;
      form.requestSubmit();
    });
  }
  list.addEventListener("dragover", (event) => {
    const step = event.target.closest("[data-place]");
    if (!held || !step || step.parentElement !== list) return;
    event.preventDefault();
    const box = step.getBoundingClientRect();
    if (step !== held) step[event.clientY < box.top + box.height / 2 ? "before" : "after"](held);
  });
  list.addEventListener("drop", (event) => event.preventDefault());
}

begin();
document.addEventListener("callflow:page", begin);
