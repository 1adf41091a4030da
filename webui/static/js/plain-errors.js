/** Errors in plain words: what programs say to programs about steps, arguments and limits has no place on the page. */
import { labelOf } from "./field-words.js";

const WORDS = {
  "less than or equal to": "at most",
  "less than": "below",
  "greater than or equal to": "at least",
  "greater than": "above",
};
const LIMIT = new RegExp(
  `argument '(\\w+)' is (-?[\\d.e+]+): (?:Input should|it must) be (${Object.keys(WORDS).join("|")}|at most|below|at least|above) (-?[\\d.e+]+)`,
  "g",
);
const STEP = /\bstep 's\d+'(?: \([\w-]+\))?[:,]? ?/g;
const ARGUMENT = /argument '(\w+)'/g;
const STORED = /\b[0-9a-f]{64}\b/g;
const RAW = /ArtifactRef\([^)]*\)/g;

/** Return a message as people read it: fields by their labels, limits as limits. */
export function plainWords(message) {
  const words = message
    .replace(STEP, "")
    .replace(LIMIT, (_, name, got, relation, limit) => {
      return `“${labelOf(name)}” is ${number(got)}, but must be ${WORDS[relation] ?? relation} ${number(limit)}`;
    })
    .replace(ARGUMENT, (_, name) => `“${labelOf(name)}”`)
    .replace(/Input should be/g, "it must be")
    .replace(RAW, "the file")
    .replace(STORED, "the file");
  return words === message ? message : words.charAt(0).toUpperCase() + words.slice(1);
}

const number = (text) => Number(text).toLocaleString("en");
