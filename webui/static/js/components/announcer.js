/** Tells screen readers how things go on. */
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { said, say } from "../announce.js";
import { duration, title } from "../format.js";
import { isRunning } from "../turns.js";

/** The region of everything that is said; it stands on the page from the beginning and is filled later. */
export function LiveRegion() {
  return html`<div class="visually-hidden" role="status">${said.value}</div>`;
}

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
  return turn.steps.length > 0 ? `A plan of ${turn.steps.length} steps is running.` : "Planning.";
}
