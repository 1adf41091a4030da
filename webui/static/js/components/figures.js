/** The small values among a step's outputs. */
import { html } from "htm/preact";
import { taskOf } from "../catalog.js";
import { duration, title } from "../format.js";
import { languageName } from "../languages.js";

/** Whether an output is what the task is there for, and so is shown in full. */
export const isMain = (name, step) => name === (taskOf(step.task)?.primary_output ?? name);

/** Numbers and words that are neither a medium, nor the text shown in full, nor null. */
export function Figures({ step }) {
  const inFull = (name) => ["text", ...Object.keys(step.artifacts)].includes(name) && isMain(name, step);
  const shown = Object.entries(step.outputs).filter(([name, value]) => isSmall(value) && !inFull(name));
  if (shown.length === 0) return null;
  const properties = taskOf(step.task)?.response_schema.properties ?? {};
  return html`<dl class="figures">
    ${shown.map(
      ([name, value]) =>
        html`<div key=${name} title=${properties[name]?.description}>
          <dt>${title(name)}</dt>
          <dd>${written(name, value, properties[name]?.description ?? "")}</dd>
        </div>`,
    )}
  </dl>`;
}

function isSmall(value) {
  if (Array.isArray(value)) return value.length > 0 && value.every((item) => typeof item === "string");
  return ["string", "number", "boolean"].includes(typeof value) && value !== "";
}

/** A value with its unit, as its description tells it. */
function written(name, value, description) {
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (name.endsWith("language")) return languageName(value);
  if (typeof value !== "number") return value;
  if (name.endsWith("probability")) return `${Math.round(100 * value)} %`;
  if (/\bseconds\b/i.test(description)) return duration(value);
  return String(Math.round(value * 1000) / 1000);
}
