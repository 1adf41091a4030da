/** One field of a task's form. */
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { Player } from "./player.js";
import { Rows } from "./rows.js";

const ACCEPTED = {
  audio: "audio/*,video/*",
  image: "image/*",
  video: "video/*",
  score: ".mid,.midi,.musicxml,.mxl,.xml",
};

/** `problem` is what the server said of the field; `scope` tells its id from those of other forms. */
export function Field({ field, values, set, onRegion, problem, scope = "field-" }) {
  const id = `${scope}${field.name}`;
  const [help, error] = [`${id}-help`, `${id}-error`];
  const common = {
    id,
    name: field.name,
    required: field.required,
    "aria-describedby": problem ? `${error} ${help}` : help,
    "aria-invalid": problem ? "true" : undefined,
  };
  const value = values[field.name] ?? field.initial ?? "";
  const change = (changed) => set({ [field.name]: changed });
  return html`<div class="field">
    <label for=${id}>
      ${field.label}
      ${field.unit && html`<span class="quiet">in ${field.unit}</span>`}
      ${!field.required && html`<span class="quiet">optional</span>`}
    </label>
    <${Control} field=${field} common=${common} value=${value} change=${change} />
    ${problem && html`<small id=${error} class="field-error" role="alert">${problem}</small>`}
    <small id=${help}>${field.help}${hint(field)}</small>
    ${
      field.media === "audio" &&
      values[field.name] &&
      html`<${Chosen} file=${values[field.name]} onRegion=${onRegion} />`
    }
  </div>`;
}

function Control({ field, common, value, change }) {
  const onInput = (event) => change(event.target.value);
  const limits = { maxlength: field.maxLength, value, onInput };
  switch (field.type) {
    case "media":
      return html`<${FileInput} field=${field} common=${common} value=${value} change=${change} />`;
    case "rows":
      return html`<${Rows} field=${field} common=${common} rows=${value || []} change=${change} />`;
    case "boolean":
      return html`<input
        ...${common}
        required=${false}
        type="checkbox"
        role="switch"
        checked=${value === true}
        onChange=${(event) => change(event.target.checked)}
      />`;
    case "number":
    case "integer":
      return html`<input ...${common} type="number" ...${numberLimits(field)} value=${value} onInput=${onInput} />`;
    case "long-text":
      return html`<textarea ...${common} rows="3" ...${limits}></textarea>`;
    case "choice":
      return html`<${Choice} field=${field} common=${common} value=${value} onChange=${onInput} />`;
    case "choices":
      return html`<${Choices} field=${field} common=${common} value=${value || []} change=${change} />`;
    default:
      return html`<input ...${common} type="text" pattern=${field.pattern} ...${limits} />`;
  }
}

export const numberLimits = ({ min, max, step }) => ({ min, max, step });

function Choice({ field, common, value, onChange }) {
  const isOpen = !field.choices.some((choice) => choice.value === value);
  return html`<select ...${common} onChange=${onChange}>
    ${(isOpen || !field.required) && html`<option value="">${field.required ? "" : "Automatic"}</option>`}
    ${field.choices.map(
      (choice) =>
        html`<option key=${choice.value} value=${choice.value} selected=${choice.value === value}>
          ${choice.label}
        </option>`,
    )}
  </select>`;
}

/** Any number of a list; the browser adds one with Ctrl. */
function Choices({ field, common, value, change }) {
  const onChange = (event) => change([...event.target.selectedOptions].map((option) => option.value));
  return html`<select ...${common} multiple size="4" onChange=${onChange}>
    ${field.choices.map(
      (choice) =>
        html`<option key=${choice.value} value=${choice.value} selected=${value.includes(choice.value)}>
          ${choice.label}
        </option>`,
    )}
  </select>`;
}

/** A file chosen in the dialog, or one that was dropped on the page. */
function FileInput({ field, common, value, change }) {
  const input = useRef(null);
  useEffect(() => {
    if (!value || input.current.files[0] === value) return;
    const carried = new DataTransfer();
    carried.items.add(value);
    input.current.files = carried.files;
  }, [value]);
  return html`<input
    ...${common}
    ref=${input}
    type="file"
    accept=${ACCEPTED[field.media]}
    onChange=${(event) => change(event.target.files[0] ?? null)}
  />`;
}

function hint({ type }) {
  if (type === "choices") return "; hold Ctrl to choose several";
  return type === "texts" || type === "numbers" ? "; separate them with commas" : "";
}

/** The sound that was chosen; a stretch selected on it goes to the form. */
function Chosen({ file, onRegion }) {
  return html`<${Player} blob=${file} title=${file.name} actions=${[]} onRegion=${onRegion ?? undefined} />`;
}
