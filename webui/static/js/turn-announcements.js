/** What screen readers hear of a turn that goes on. */
import { useEffect, useRef } from "preact/hooks";
import { say } from "./announce.js";
import { duration, title } from "./format.js";
import { plainWords } from "./plain-errors.js";
import { workOf } from "./step-work.js";
import { isRunning } from "./turns.js";

/** Turns sent on this visit, by how they are stopped, whose end was said. */
const heard = new WeakSet();

/** Say how a turn goes on; what was there before this visit, or was said before, is not said. */
export function useTurnAnnouncements(turn) {
  const words = progress(turn);
  const isNew = isRunning(turn) || (turn.stop && !heard.has(turn.stop)); // it may end before it is first drawn
  const before = useRef(isNew ? null : words);
  useEffect(() => {
    if (words && words !== before.current) say(words);
    before.current = words;
    if (turn.stop && !isRunning(turn)) heard.add(turn.stop);
  }, [words]);
}

function progress(turn) {
  if (turn.stage === "failed") return `The request failed. ${plainWords(turn.error.message)}`;
  if (turn.stage === "stopped") return "Stopped.";
  if (turn.stage === "done") return turn.reply;
  if (turn.stage === "sending") return "Uploading.";
  const ended = turn.steps.filter((step) => step.durationS !== null).at(-1);
  if (ended) return `${title(ended.task)} ${ended.state} after ${duration(ended.durationS)}.`;
  const waiting = turn.steps.find((step) => workOf(step));
  if (waiting) return `${title(waiting.task)}: ${workOf(waiting)}.`;
  return turn.steps.length > 0 ? `A plan of ${turn.steps.length} steps is running.` : "Planning.";
}
