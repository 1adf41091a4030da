/** A list of objects in a form, one a row; places around the listener are drawn as a plan as well. */
import { html } from "htm/preact";
import { useRef } from "preact/hooks";
import { Icon, IconButton } from "./icon.js";
import { PlanView } from "./plan-view.js";

export function Rows({ field, common, rows, change }) {
  const list = useRef(null);
  const start = Object.fromEntries(field.fields.map(({ name, initial, min }) => [name, initial ?? min ?? 0]));
  const add = (row = {}) => change([...rows, { ...start, ...rows.at(-1), ...row }]);
  const put = (index, name, value) => change(rows.map((row, at) => (at === index ? { ...row, [name]: value } : row)));
  const remove = (index) => {
    change(rows.filter((_, at) => at !== index));
    list.current.querySelector("button.add").focus(); // the row goes, with the focus in it
  };
  const isPlace = ["azimuth", "distance"].every((name) => field.fields.some((part) => part.name === name));
  return html`<div class="rows" ref=${list} id=${common.id} role="group" tabindex="-1" aria-label=${field.label}>
    ${isPlace && html`<${PlanView} places=${rows} onPlace=${(place) => add({ ...place, time: nextTime(rows) })} />`}
    ${rows.map(
      (row, index) =>
        html`<fieldset key=${index} aria-label=${`Row ${index + 1}`}>
          ${field.fields.map((part) => html`<${Cell} key=${part.name} part=${part} row=${row} put=${put} at=${index} />`)}
          <${IconButton} icon="x" label=${`Remove row ${index + 1}`} onClick=${() => remove(index)} />
        </fieldset>`,
    )}
    <button type="button" class="outline small add" onClick=${() => add({ time: nextTime(rows) })}>
      <${Icon} name="plus" />Add a row
    </button>
  </div>`;
}

/** Rows with a time go on a second after the last one. */
const nextTime = (rows) => (rows.length > 0 ? Number(rows.at(-1).time) + 1 : 0);

function Cell({ part, row, put, at }) {
  return html`<label>
    <span>${part.label} ${part.unit && html`<span class="quiet">${part.unit}</span>`}</span>
    <input
      type="number"
      min=${part.min}
      max=${part.max}
      step=${part.step}
      required=${part.required}
      value=${row[part.name]}
      onInput=${(event) => put(at, part.name, event.target.value)}
    />
  </label>`;
}
