/** Everything about one step: arguments, model, times, retries, and why it failed. */
import { html } from "htm/preact";
import { labelOf } from "../field-words.js";
import { duration, plural, title } from "../format.js";
import { countReadAgain, workOf } from "../step-work.js";
import { Notice } from "./notice.js";

const SHOWN_CHARACTERS = 300;

export function StepDetails({ step }) {
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
      ({ from, model, error }, index) => html`<p key=${index} class="quiet">${model === from ? "Tried again" : `Fell back to ${model}`}: ${error.message}</p>`,
    )}
    ${step.error && html`<${Notice} error=${step.error} />`}
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
