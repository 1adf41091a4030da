/** A step's arguments as a form, to run it again with others; what came from other steps and files stays. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { taskOf } from "../catalog.js";
import { busy } from "../conversation.js";
import { loadModels, modelOf, models } from "../models.js";
import { bodyOf, fieldsOf } from "../schema-fields.js";
import { Field } from "./field.js";
import { Icon } from "./icon.js";

/** `onRun` is called with `{arguments, model}`: what differs, null for what is left to its default. */
export function StepRerun({ step, onRun, onCancel }) {
  const task = taskOf(step.task);
  const model = useSignal("");
  const values = useSignal(entered(step.arguments));
  useEffect(() => {
    loadModels();
  }, []);
  if (!task) return null;
  const able = (model.value ? [model.value] : task.models).map(modelOf).filter(Boolean);
  const fields = fieldsOf(task.request_schema, models.value && able, values.value).filter(
    ({ name, type }) => type !== "media" && !isReference(step.arguments[name]),
  );
  const onSubmit = (event) => {
    event.preventDefault();
    onRun({ arguments: changed(step.arguments, fields, values.value), ...(model.value && { model: model.value }) });
  };
  return html`<form class="step-rerun" aria-label="Run the step again" onSubmit=${onSubmit}>
    ${fields.map(
      (field) =>
        html`<${Field}
          key=${field.name}
          field=${field}
          scope=${`rerun-${step.id}-`}
          values=${values.value}
          set=${(change) => (values.value = { ...values.value, ...change })}
        />`,
    )}
    <label>
      Model
      <select name="model" onChange=${(event) => (model.value = event.target.value)}>
        <option value="">${step.model ? "As before, or the best one" : "The best one"}</option>
        ${task.models.map((id) => html`<option key=${id} value=${id}>${modelOf(id)?.title ?? id}</option>`)}
      </select>
    </label>
    <div class="form-tools">
      <button type="submit" class="small" disabled=${busy.value}><${Icon} name="play" />Run it and what follows</button>
      <button type="button" class="outline small" onClick=${onCancel}>Cancel</button>
    </div>
  </form>`;
}

const isReference = (value) => Boolean(value?.from || value?.artifact);

/** Arguments as a form holds them. */
function entered(given) {
  const literal = Object.entries(given).filter(([, value]) => !isReference(value));
  return Object.fromEntries(literal.map(([name, value]) => [name, isList(value) ? value.join(", ") : value]));
}

const isList = (value) => Array.isArray(value) && value.every((item) => typeof item !== "object");

function changed(before, fields, values) {
  const now = bodyOf(fields, values);
  const differ = fields.filter(({ name }) => JSON.stringify(now[name]) !== JSON.stringify(before[name]));
  return Object.fromEntries(differ.map(({ name }) => [name, now[name] ?? null]));
}
