/** What a running step waits for or does, where that is not simply running. */
import { useEffect } from "preact/hooks";
import { duration, ordinal } from "./format.js";
import { loadModels, modelOf } from "./models.js";

const ASKED_MS = 1_000;

/** Return the words as a hook, an empty text where there are none; asks whether a model is loaded by now. */
export function useWork(step) {
  const loading = isLoading(step);
  useEffect(() => {
    if (!loading) return undefined;
    const timer = setInterval(loadModels, ASKED_MS);
    return () => clearInterval(timer);
  }, [loading]);
  return workOf(step);
}

/** Return what a step waits for or does in words. */
export function workOf(step) {
  if (step.state !== "running") return "";
  if (step.place > 0) return queueWords(step);
  if (isLoading(step)) return "loading model";
  const last = step.retries.at(-1);
  if (!last) return "";
  return last.from === last.model ? "again after an error" : `fell back to ${last.model}`;
}

/** Return how many passages of a step were read again because the first reading was doubtful. */
export function countReadAgain({ outputs, arguments: given }) {
  const asked = given?.temperature ?? 0;
  return (outputs?.segments ?? []).filter(({ temperature }) => temperature > asked).length;
}

function queueWords({ place, waitS }) {
  const wait = waitS === null ? "" : `, ~${duration(Math.ceil(waitS))}`;
  return place === 1 ? `next in line${wait}` : `${ordinal(place)} in line${wait}`;
}

/** Whether a step's model is still being loaded; its first progress shows that it is not. */
function isLoading({ state, loading, fraction, model }) {
  return state === "running" && loading && fraction === null && !modelOf(model)?.loaded;
}
