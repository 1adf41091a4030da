/** One task as a form made from its schema, and what it answered. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { say } from "../announce.js";
import { asAttachment } from "../attachments.js";
import { problemOf } from "../field-words.js";
import { title } from "../format.js";
import { modelOf, models, stateOf } from "../models.js";
import { bodyOf, fieldsOf } from "../schema-fields.js";
import { useTaskRun } from "../task-run.js";
import { Field } from "./field.js";
import { Icon } from "./icon.js";
import { Notice } from "./notice.js";
import { StepOutputs } from "./outputs.js";

export function TaskForm({ task }) {
  const model = useSignal("");
  const values = useSignal({});
  const form = useRef(null);
  const run = useTaskRun(task.id);
  const able = (model.value ? [model.value] : task.models).map(modelOf).filter(Boolean);
  const fields = useMemo(
    () => fieldsOf(task.request_schema, able, values.value),
    [task.request_schema, models.value, model.value, values.value.language],
  );
  const set = (change) => (values.value = { ...values.value, ...change });
  const onRegion = regionSetter(fields, set);
  const problem = run.error && problemOf(run.error, fields);
  useEffect(() => {
    if (problem?.field) form.current.querySelector(`#field-${problem.field}`)?.focus();
  }, [run.error]);
  useDroppedFiles((file) => place(file, fields, values.value, set));
  const onSubmit = (event) => {
    event.preventDefault();
    run.start(bodyOf(fields, values.value), model.value, values.value);
  };
  const result = run.result && { steps: [run.result], files: [], artifacts: [] };
  return html`
    <p><a href="#/tasks">All tasks</a></p>
    <h1>${title(task.id)}</h1>
    <p class="quiet">${task.summary}</p>
    ${!task.live && html`<${Notice} error=${{ message: `This task is not in service: ${task.reason}` }} />`}
    <form class="task-form" ref=${form} onSubmit=${onSubmit}>
      ${fields.map(
        (field) =>
          html`<${Field}
            key=${field.name}
            field=${field}
            values=${values.value}
            set=${set}
            onRegion=${onRegion}
            problem=${problem?.field === field.name && problem.message}
          />`,
      )}
      ${task.models.length > 1 && html`<${ModelChoice} ids=${task.models} model=${model} />`}
      <div class="form-tools">
        <button type="submit" disabled=${run.running || !task.live} aria-busy=${run.running}>
          ${!run.running && html`<${Icon} name="play" />`}${run.words ?? "Run"}
        </button>
        ${
          run.running &&
          html`<button type="button" class="secondary" onClick=${run.stop}><${Icon} name="square" />Stop</button>`
        }
      </div>
    </form>
    ${problem && !problem.field && html`<${Notice} error=${problem} />`}
    ${result && html`<${StepOutputs} step=${run.result} turn=${result} />`}
  `;
}

/** A stretch selected on a sound fills the fields `start` and `end`, where the task has them. */
function regionSetter(fields, set) {
  const names = fields.map(({ name }) => name);
  if (!names.includes("start") || !names.includes("end")) return null;
  return (start, end) => set({ start: start.toFixed(2), end: end.toFixed(2) });
}

function useDroppedFiles(take) {
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const onDrop = ({ detail }) => [...detail].forEach((file) => latest.current(file));
    document.addEventListener("filesdropped", onDrop);
    return () => document.removeEventListener("filesdropped", onDrop);
  }, []);
}

/** Put a dropped file into the first field of its kind that has none yet, else into the first of its kind. */
function place(file, fields, values, set) {
  const { kind } = asAttachment(file);
  const fitting = fields.filter(({ media }) => media === kind || (media === "audio" && kind === "video"));
  const field = fitting.find(({ name }) => !values[name]) ?? fitting[0];
  say(field ? `${file.name} is in the field ${field.label}.` : `This task takes no file like ${file.name}.`);
  if (field) set({ [field.name]: file });
}

function ModelChoice({ ids, model }) {
  return html`<label>
    Model
    <select name="model" onChange=${(event) => (model.value = event.target.value)}>
      <option value="">The best one for the request</option>
      ${ids.map((id) => html`<option key=${id} value=${id}>${described(id)}</option>`)}
    </select>
  </label>`;
}

function described(id) {
  const model = modelOf(id);
  return model ? `${model.title} (${model.licence}; ${stateOf(model)})` : id;
}
