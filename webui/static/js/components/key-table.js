/** Keys as they are known: never what they are made of. */
import { html } from "htm/preact";
import { limits } from "../limits.js";

/** `actions` are `[label, (key) => void]` for keys that work. */
export function KeyTable({ keys, actions = [] }) {
  if (keys.length === 0) return html`<p class="quiet">There are none.</p>`;
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Keys">
    <table>
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Tenant</th>
          <th scope="col">Permits</th>
          <th scope="col">State</th>
          <th scope="col">Last used</th>
          ${actions.length > 0 && html`<th scope="col"><span class="visually-hidden">Actions</span></th>`}
        </tr>
      </thead>
      <tbody>
        ${keys.map(
          (key) =>
            html`<tr key=${key.id}>
              <th scope="row">${key.name || "–"}<span class="quiet">${key.id}</span></th>
              <td>${key.tenant}</td>
              <td>${key.permissions.join(", ")}</td>
              <td>${stateOf(key)}${key.id === limits.value.key && ", this one"}</td>
              <td>${key.last_used ? day(key.last_used) : "never"}</td>
              ${actions.length > 0 && html`<td><${Actions} of=${key} actions=${actions} /></td>`}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function Actions({ of, actions }) {
  if (isOver(of)) return null;
  return actions.map(
    ([label, act]) =>
      html`<button key=${label} type="button" class="outline small" onClick=${() => act(of)}>
        ${label}<span class="visually-hidden"> the key ${of.name || of.id}</span>
      </button>`,
  );
}

const isOver = ({ revoked, expires }) => revoked !== null || (expires !== null && expires * 1000 < Date.now());

function stateOf(key) {
  if (key.revoked !== null) return `revoked ${day(key.revoked)}`;
  if (key.expires === null) return "works";
  return isOver(key) ? `expired ${day(key.expires)}` : `works until ${day(key.expires)}`;
}

const day = (seconds) => new Date(seconds * 1000).toLocaleDateString();
