/** Detected sounds with their times. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { position } from "../format.js";
import { TimeButton } from "./transcript.js";

const SHOWN = 100;

/** `player` is the key of the sound they were found in. */
export function EventTable({ events, player }) {
  const all = useSignal(false);
  if (events.length === 0) return html`<p class="quiet">No sounds were found.</p>`;
  const end = Math.max(...events.map((event) => event.offset));
  const shown = all.value ? events : events.slice(0, SHOWN);
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Sounds found">
    <table>
      <thead>
        <tr>
          <th scope="col">Sound</th>
          <th scope="col">From</th>
          <th scope="col">To</th>
          <th scope="col">Probability</th>
          <th class="only-wide" aria-hidden="true"></th>
        </tr>
      </thead>
      <tbody>
        ${shown.map((event, index) => html`<${Row} key=${index} event=${event} end=${end} player=${player} />`)}
      </tbody>
    </table>
    ${
      shown.length < events.length &&
      html`<button type="button" class="outline small" onClick=${() => (all.value = true)}>
        Show ${events.length - SHOWN} more
      </button>`
    }
  </div>`;
}

function Row({ event, end, player }) {
  const bar = { left: `${(100 * event.onset) / end}%`, width: `${(100 * (event.offset - event.onset)) / end}%` };
  return html`<tr>
    <th scope="row">${event.label}</th>
    <td><${TimeButton} seconds=${event.onset} player=${player} /></td>
    <td>${position(event.offset)}</td>
    <td>${Math.round(100 * event.probability)} %</td>
    <td class="timeline only-wide" aria-hidden="true"><span style=${bar}></span></td>
  </tr>`;
}
