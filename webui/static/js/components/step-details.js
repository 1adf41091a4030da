/** Everything about one step: arguments, model, times, retries, and why it failed. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { labelOf } from "../field-words.js";
import { duration, plural, title } from "../format.js";
import { plainWords } from "../plain-errors.js";
import { countReadAgain, workOf } from "../step-work.js";
import { Icon } from "./icon.js";
import { lazy } from "./lazy.js";
import { Notice } from "./notice.js";

const SHOWN_CHARACTERS = 300;

const StepRerun = lazy(() => import("./step-rerun.js"), "StepRerun");

/** `onRerun` is called with the step and what is different about it; null where it cannot be run again. */
export function StepDetails({ step, onRerun = null }) {
  const changing = useSignal(null);
  return html`<figcaption class="step-details">
    <dl>
      <${Row} name="Task" value=${title(step.task)} />
      <${Row} name="State" value=${step.state} />
      <${Row} name="Model" value=${step.model} />
      <${Row} name="Now" value=${workOf(step) || null} />
      <${Row} name="Began" value=${step.startedS === null ? null : `${duration(step.startedS)} after the start`} />
      <${Row} name="Took" value=${step.durationS === null ? null : duration(step.durationS)} />
      <${Row} name="Read again" value=${readAgain(step)} />
      ${Object.entries(step.arguments).map(
        ([name, value]) => html`<${Row} key=${name} name=${labelOf(name)} value=${shown(value)} />`,
      )}
    </dl>
    ${step.retries.map(
      ({ from, model, error }, index) => html`<p key=${index} class="quiet">${model === from ? "Tried again" : `Fell back to ${model}`}: ${plainWords(error.message)}</p>`,
    )}
    ${step.error && html`<${Notice} error=${step.error} />`}
    ${
      onRerun &&
      changing.value !== step.id &&
      html`<button type="button" class="outline small" onClick=${() => (changing.value = step.id)}>
        <${Icon} name="rotate-ccw" />Run again with…
      </button>`
    }
    ${
      onRerun &&
      changing.value === step.id &&
      html`<${StepRerun}
        key=${step.id}
        step=${step}
        onRun=${(change) => ((changing.value = null), onRerun(step, change))}
        onCancel=${() => (changing.value = null)}
      />`
    }
  </figcaption>`;
}

function readAgain(step) {
  const count = countReadAgain(step);
  return count > 0 ? `${plural(count, "passage")}, because the first reading was doubtful` : null;
}

function Row({ name, value }) {
  if (value === null || value === undefined) return null;
  return html`<dt>${name}</dt>
    <dd>${value}</dd>`;
}

function shown(value) {
  if (value?.from) return `${value.from.split(".").slice(1).join(" ")} of step ${value.from.split(".")[0]}`;
  if (value?.artifact) return value.artifact.length === 64 ? "a stored file" : value.artifact;
  const words = typeof value === "string" ? value : JSON.stringify(value);
  return words.length > SHOWN_CHARACTERS ? `${words.slice(0, SHOWN_CHARACTERS)}…` : words;
}
