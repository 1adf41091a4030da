/** What a step worked on: the files and outputs its arguments refer to. */
import { turns } from "./conversation.js";

/**
 * Return what an argument refers to, null where it is no reference.
 * @param {*} value Argument of a step: a reference, or in a form the file itself.
 * @param {{steps: object[], files: object[], artifacts: object[]}} turn The turn the step belongs to.
 * @returns {{file?: object, step?: object, ref?: object}} A file of the person, or the step that made it.
 */
export function sourceOf(value, turn) {
  if (value instanceof File) return { file: { name: value.name, file: value } };
  if (value?.from) return outputOf(value.from, turn);
  if (!value?.artifact) return null;
  return named(value.artifact, turn) ?? { file: only(turn.files) ?? { name: value.artifact } };
}

function outputOf(path, { steps }) {
  const [id, ...output] = path.split(".");
  const step = steps.find((item) => item.id === id);
  return step ? { step, ref: step.artifacts[output.join(".")] } : null;
}

/** Look an artifact up by name or id, in this turn and then in those before. */
function named(name, turn) {
  for (const { files, artifacts, steps } of [turn, ...turns.value.map(({ value }) => value)]) {
    const file = files.find(({ artifact, ref }) => [artifact, ref?.id].includes(name));
    if (file) return { file, ref: file.ref };
    const made = artifacts.find((artifact) => artifact.name === name || artifact.ref.id === name);
    if (made) return { step: steps.find(({ id }) => id === made.step), ref: made.ref };
  }
  return null;
}

/** While a request runs, its files have no names yet; a single one can only be the one meant. */
const only = (files) => (files.length === 1 ? files[0] : null);

/** Return the key of the player of the sound a step worked on, null if there is none. */
export function playerKey(step, turn) {
  for (const value of Object.values(step.arguments ?? {})) {
    const source = sourceOf(value, turn);
    const key = source?.ref?.id ?? source?.file?.file;
    if (key) return key;
  }
  return null;
}
