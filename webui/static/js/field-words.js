/** What fields are called, their units, and what is wrong with them, in plain words. */
import { title } from "./format.js";

const LABELS = {
  azimuth: "Direction",
  elevation: "Height",
  expected_languages: "Languages to expect",
  path: "Path of a moving source",
  prompt: "Names to expect",
  reference: "Example recording",
  seed: "Variation",
  speed: "Speed",
  target: "Sound",
  temperature: "Freedom of choice",
  threshold: "Least probability",
  word_times: "Time every word",
};
const UNITS = { seconds: "s", degrees: "°", metres: "m" };
const MAX_LISTED = 8; // of what a model knows; nobody reads a hundred codes

export const labelOf = (name) => LABELS[name] ?? title(name);

/** Return the unit a description begins with or names, an empty text where there is none. */
export function unitOf(help) {
  const found = help.match(/\b(seconds|degrees|metres)\b/i);
  return found ? UNITS[found[1].toLowerCase()] : "";
}

/** Return a description without what only programs need. */
export const plainHelp = (help) => help.replace(/ \(ISO [\d-]+\)/, "").replace(/; ISO [\d-]+/, "");

/**
 * Say what is wrong with a form.
 * @param {Error} error What the server answered.
 * @param {object[]} fields The form's fields.
 * @returns {{field: string | null, message: string, hint: string | null}} The field it stands at, if it is one's fault.
 */
export function problemOf(error, fields) {
  const names = fields.map(({ name }) => name);
  const param = error.param?.split(".")[0] ?? [...error.message.matchAll(/'(\w+)'/g)].map(([, name]) => name)[0];
  const field = names.includes(param) ? param : null;
  return { field, message: plain(error.message, fields), hint: field ? null : (error.hint ?? null) };
}

function plain(message, fields) {
  let words = message.replace(/^The [\w-]+ request is invalid: /, "").replace(/(?:[\w-]+, ){8,}[\w-]+/g, shortened);
  for (const { name, label } of fields) words = words.replaceAll(`'${name}'`, `“${label}”`);
  return words.replaceAll(/'\w+\.(\d+)\.(\w+)'/g, (_, row, name) => `“${labelOf(name)}” in row ${Number(row) + 1}`);
}

function shortened(list) {
  const items = list.split(", ");
  return `${items.slice(0, MAX_LISTED).join(", ")} and ${items.length - MAX_LISTED} more`;
}
