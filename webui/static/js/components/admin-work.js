/** Who waits for which model, and the runs that have not ended. */
import { html } from "htm/preact";
import { ago } from "../format.js";
import { useAnswer } from "../loading.js";
import { Notice } from "./notice.js";

const REFRESHED_MS = 3_000;

export function AdminWork() {
  const { value, error, reload } = useAnswer("v1/admin/work", REFRESHED_MS);
  if (error) return html`<${Notice} error=${error} retry=${reload} />`;
  if (!value) return html`<p class="quiet" aria-busy="true">Loading…</p>`;
  return html`
    <h3>Calls by model and tenant</h3>
    ${
      value.queues.length === 0
        ? html`<p class="quiet">No model is called at the moment.</p>`
        : html`<${Table}
            label="Calls by model and tenant"
            heads=${["Model", "Tenant", "Running", "Queued"]}
            rows=${value.queues.map(({ model, tenant, running, waiting }) => [model, tenant, running, waiting])}
          />`
    }
    <h3>Runs</h3>
    ${
      value.runs.length === 0
        ? html`<p class="quiet">No run is going on.</p>`
        : html`<${Table}
            label="Runs"
            heads=${["Run", "Tenant", "State", "Started"]}
            rows=${value.runs.map((run) => [run.id, run.tenant, run.state, ago(run.created * 1000)])}
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
