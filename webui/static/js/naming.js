/** Names of downloads: after the file of the person that the output goes back to, and what was done with it. */
import { sourceOf } from "./sources.js";

const DONE = {
  "speech-recognition": "transcript",
  "speech-translation": "translated",
  "style-transfer": "restyled",
  "speech-enhancement": "cleaned",
  "speech-separation": "speaker",
  "mono-to-binaural": "binaural",
  "audio-inpainting": "filled",
  "sound-extraction": "extracted",
  "sound-detection": "sounds",
  "target-sound-detection": "sounds",
  "talking-head-synthesis": "talking",
  "text-to-speech": "spoken",
  "audio-captioning": "caption",
  "image-to-audio": "sound",
};
const MAX_WORDS = 6;

/**
 * Return the name of a step's output without an extension, such as `noisy-speech-cleaned`.
 * @param {object} step The step.
 * @param {string} path The output, such as `audio` or `speakers.1`.
 * @param {{steps: object[], files: object[]}} turn The other steps and the files of the request.
 */
export function outputName(step, path, turn) {
  const source = sourceName(step, turn, new Set());
  const number = path.match(/\.(\d+)$/);
  const done = (DONE[step.task] ?? "") + (number ? `-${Number(number[1]) + 1}` : "");
  const parts = [source ?? words(step), source || number ? done : ""].filter(Boolean);
  return parts.join("-") || step.task;
}

/** Return the stem of the first file a step goes back to, null if there is none. */
function sourceName(step, turn, seen) {
  if (seen.has(step)) return null;
  seen.add(step);
  for (const value of Object.values(step.arguments ?? {})) {
    const source = sourceOf(value, turn);
    const found = source?.step ? sourceName(source.step, turn, seen) : source?.file && stem(source.file.name);
    if (found) return found;
  }
  return null;
}

/** Return the first words a sound was made from, as a name. */
function words({ arguments: given = {} }) {
  const text = given.text ?? given.lyrics;
  if (typeof text !== "string") return "";
  const found = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return found.slice(0, MAX_WORDS).join("-");
}

const stem = (name) => name.replace(/\.[^.]+$/, "");
