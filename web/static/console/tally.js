// What waits for a person, in the header of every page; a new vital alarm is told at once.
import { $, body, plural, write } from "./dom.js";
import { isTold, known, onChange, onNewVital } from "./rows.js";

const vital = $("#tally-vital");
const unclaimed = $("#tally-unclaimed");

function count() {
  if (!vital || !isTold()) return; // until the stream said how many, none is said
  const waits = known().filter((row) => row.unclaimed);
  const first = waits.filter((row) => row.priority === "1");
  say(vital, first.length);
  say(unclaimed, waits.length);
  vital.classList.toggle("any", first.length > 0);
  // It leads to the oldest one.
  vital.setAttribute("href", first.length ? `/?incident=${encodeURIComponent(first[0].id)}` : "/");
}

function say(link, number) {
  write($(".says", link), plural(link, number));
  link.dataset.n = number; // where the line is too short for the words
  link.title = plural(link, number);
}

onChange(count);
onNewVital((rows) => {
  const line = $("#said-vital");
  if (line) write(line, `${line.dataset.said} ${rows.map((row) => row.said).join("; ")}`);
});
