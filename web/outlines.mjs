// The outlines of the French departments as pages load them: half as heavy as the package's, for
// points a tenth of a unit from where they were at most, and none that lies on the one before.
import { readFileSync, writeFileSync } from "node:fs";

const [from, to] = process.argv.slice(2);
const svg = readFileSync(from, "utf-8");
const tenths = (value) => Math.round(value * 10);
// Two numbers as short as SVG takes them: ".4-1.1".
const short = (value) => String(value / 10).replace(/^(-?)0\./, "$1.");
const pair = (x, y) => short(x) + (y < 0 || (/\./.test(short(x)) && /^\./.test(short(y))) ? "" : " ") + short(y);

function lighter(path) {
  const tokens = path.match(/[A-Za-z]|-?[\d.]+(?:e-?\d+)?/g);
  let [x, y, act, made] = [0, 0, "", ""];
  let drawn = [0, 0]; // where the shortened line is, in tenths
  let begun = [0, 0];
  for (let at = 0; at < tokens.length;) {
    const first = /[a-z]/i.test(tokens[at]);
    if (first) act = tokens[at++];
    if (act === "z" || act === "Z") { made += "z"; [x, y] = begun; drawn = begun.map(tenths); continue; }
    if (!"mMlL".includes(act)) throw new Error(`${act}: only lines are read`);
    const [dx, dy] = [Number(tokens[at++]), Number(tokens[at++])];
    [x, y] = act === act.toLowerCase() ? [x + dx, y + dy] : [dx, dy];
    const here = [tenths(x), tenths(y)];
    const step = [here[0] - drawn[0], here[1] - drawn[1]];
    if (first && "mM".includes(act)) { made += `m${pair(...step)}`; begun = [x, y]; act = act === "m" ? "l" : "L"; }
    else if (step[0] || step[1]) made += (step[0] < 0 ? "" : " ") + pair(...step);
    drawn = here;
  }
  return made;
}

const drawn = [...svg.matchAll(/<path\s+id="(\w+)"[^>]*?\sd="([^"]+)"/g)];
if (drawn.length !== 96) throw new Error(`${drawn.length} departments are drawn`);
const paths = drawn.map(([, id, path]) => `<path id="d${id}" d="${lighter(path)}"/>`);
writeFileSync(to, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 613 585">\n${paths.join("\n")}\n</svg>\n`);
