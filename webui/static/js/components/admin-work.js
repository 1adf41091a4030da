/** Who waits for which model and why, and the runs that have not ended. */
import { html } from "htm/preact";
import { ago } from "../format.js";
import { useAnswer } from "../loading.js";
import { Notice } from "./notice.js";

const REFRESHED_MS = 3_000;

export function AdminWork() {
  const { value, error, reload } = useAnswer("v1/admin/status", REFRESHED_MS);
  if (error) return html`<${Notice} error=${error} retry=${reload} />`;
  if (!value) return html`<p class="quiet" aria-busy="true">Loading…</p>`;
  const calls = value.models.flatMap(({ id, calls, at_once, waiting }) =>
    Object.entries(calls).map(([tenant, count]) => [id, tenant, count, at_once, waiting]),
  );
  return html`
    ${value.slow_because.map((reason) => html`<p key=${reason}>${reason}</p>`)}
    <h3>Calls by model and tenant</h3>
    ${
      calls.length === 0
        ? html`<p class="quiet">No model is called at the moment.</p>`
        : html`<${Table}
            label="Calls by model and tenant"
            heads=${["Model", "Tenant", "Calls", "The model runs at once", "All that wait for it"]}
            rows=${calls}
          />`
    }
    <h3>Runs</h3>
    ${
      value.going_on.length === 0
        ? html`<p class="quiet">No run is going on.</p>`
        : html`<${Table}
            label="Runs"
            heads=${["Run", "Tenant", "State", "Started"]}
            rows=${value.going_on.map((run) => [run.id, run.tenant, run.state, ago(run.created * 1000)])}
          />`
    }
  `;
}

function Table({ label, heads, rows }) {
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${label}>
    <table>
      <thead>
        <tr>
          ${heads.map((head) => html`<th key=${head} scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([first, ...others], index) =>
            html`<tr key=${index}>
              <th scope="row">${first}</th>
              ${others.map((cell, at) => html`<td key=${at}>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
