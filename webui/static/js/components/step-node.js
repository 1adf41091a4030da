/** One step in the graph; lights up while it runs and opens its details. */
import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { taskOf } from "../catalog.js";
import { duration, title } from "../format.js";
import { countReadAgain, useWork } from "../step-work.js";
import { Icon, familyIcon } from "./icon.js";

const TICK_MS = 100;
export const STATE_ICONS = {
  waiting: "circle-dashed",
  running: "loader-circle",
  done: "circle-check",
  failed: "circle-alert",
  skipped: "circle-minus",
  cancelled: "circle-minus",
  unknown: "circle-minus",
};

/** `after` is the step that is waited for, null if none is. */
export function StepNode({ step, after, style, expanded, onClick }) {
  const work = useWork(step);
  return html`<button
    type="button"
    class="step"
    data-state=${step.state}
    data-step=${step.id}
    data-work=${work ? "told" : undefined}
    style=${style}
    aria-expanded=${expanded}
    onClick=${onClick}
  >
    <span class="step-task"><${Icon} name=${familyIcon(taskOf(step.task)?.family)} />${title(step.task)}</span>
    <span class="step-model" title=${step.model}>${step.model ?? ""}</span>
    <span class="step-state">
      <${Icon} name=${STATE_ICONS[step.state]} spin=${step.state === "running"} />
      <${StateWords} step=${step} after=${after} work=${work} />
    </span>
    ${step.state === "running" && step.fraction !== null && html`<${Bar} fraction=${step.fraction} />`}
  </button>`;
}

function StateWords({ step, after, work }) {
  if (step.state === "running") return html`<${Words} work=${work} />${step.place === 0 && html`<${Clock} since=${step.since} />`}`;
  if (step.state === "waiting" && after) return `after ${title(after.task)}`;
  if (step.state === "done" && step.durationS !== null) {
    return `${duration(step.durationS)}${countReadAgain(step) > 0 ? ", re-read" : ""}`;
  }
  return step.state === "unknown" ? "no output" : step.state;
}

/** What is waited for; cut where the card has no room for it. */
function Words({ work }) {
  return work && html`<span class="step-work" title=${work}>${work}</span>`;
}

/** The time a running step has taken, or has waited. */
function Clock({ since }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return html`<span role="timer">${((performance.now() - since) / 1000).toFixed(1)} s</span>`;
}

function Bar({ fraction }) {
  return html`<progress value=${fraction} max="1" aria-label="Done so far"></progress>`;
}
