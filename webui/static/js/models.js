/** The models with what they declare and whether they are in memory. */
import { signal } from "@preact/signals";
import { getJson } from "./api.js";

export const models = signal([]);
export const modelsError = signal(null);

export const modelOf = (id) => models.value.find((model) => model.id === id);

/** Ask which models there are now. */
export async function loadModels() {
  try {
    models.value = (await getJson("v1/models")).data;
    modelsError.value = null;
  } catch (error) {
    modelsError.value = error;
  }
}

/** Return a model's state in words; `calls` are those out to it, `{running, waiting}`. */
export function stateOf({ state, loaded, reason, method }, calls) {
  if (state === "off") return `off: ${reason}`;
  if (method === "composite") return "made of other models";
  if (loaded) return "in memory";
  return calls?.running > 0 || state === "starting" ? "loading" : "cold";
}
