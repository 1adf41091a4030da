/** What screen readers hear of a turn that goes on. */
import { useEffect, useRef } from "preact/hooks";
import { say } from "./announce.js";
import { duration, title } from "./format.js";
import { workOf } from "./step-work.js";
import { isRunning } from "./turns.js";

/** Say how a turn goes on; what was there when it was first shown is not said. */
export function useTurnAnnouncements(turn) {
  const words = progress(turn);
  const before = useRef(isRunning(turn) ? null : words);
  useEffect(() => {
    if (words && words !== before.current) say(words);
    before.current = words;
  }, [words]);
}

function progress(turn) {
  if (turn.stage === "failed") return `The request failed. ${turn.error.message}`;
  if (turn.stage === "stopped") return "Stopped.";
  if (turn.stage === "done") return turn.reply;
  if (turn.stage === "sending") return "Uploading.";
  const ended = turn.steps.filter((step) => step.durationS !== null).at(-1);
  if (ended) return `${title(ended.task)} ${ended.state} after ${duration(ended.durationS)}.`;
  const waiting = turn.steps.find((step) => workOf(step));
  if (waiting) return `${title(waiting.task)}: ${workOf(waiting)}.`;
  return turn.steps.length > 0 ? `A plan of ${turn.steps.length} steps is running.` : "Planning.";
}
