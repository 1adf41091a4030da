/** Tenants with their shares and limits, which can be changed. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { say } from "../announce.js";
import { post, request } from "../api.js";
import { title } from "../format.js";
import { useAnswer } from "../loading.js";
import { Icon } from "./icon.js";
import { Notice } from "./notice.js";

const LABELS = {
  audio_s_per_min: "Seconds of audio a minute",
  audio_s_per_day: "Seconds of audio a day",
  characters_per_day: "Characters a day",
  concurrent_calls: "Requests at a time",
  llm_tokens_per_day: "Tokens of the language model a day",
  requests_per_min: "Requests a minute",
  runs: "Runs at a time",
  sockets: "Spoken conversations at a time",
  storage_bytes: "Bytes stored",
};

export function AdminTenants() {
  const { value, error, reload } = useAnswer("v1/admin/tenants?limit=200");
  const edited = useSignal(null);
  if (error) return html`<${Notice} error=${error} retry=${reload} />`;
  if (!value) return html`<p class="quiet" aria-busy="true">Loading…</p>`;
  const done = () => {
    edited.value = null;
    reload();
  };
  return html`
    <div class="table-scroll" tabindex="0" role="region" aria-label="Tenants">
      <table>
        <thead>
          <tr>
            <th scope="col">Tenant</th>
            <th scope="col">Weight</th>
            <th scope="col">Limits</th>
            <th scope="col"><span class="visually-hidden">Actions</span></th>
          </tr>
        </thead>
        <tbody>
          ${value.data.map(
            (tenant) =>
              html`<tr key=${tenant.id}>
                <th scope="row">${tenant.id}</th>
                <td>${tenant.weight}</td>
                <td>${limitWords(tenant.limits) || "none"}</td>
                <td>
                  <button type="button" class="outline small" onClick=${() => (edited.value = tenant)}>
                    Change<span class="visually-hidden"> ${tenant.id}</span>
                  </button>
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${
      edited.value
        ? html`<${TenantForm} key=${edited.value.id} tenant=${edited.value} onDone=${done} />`
        : html`<${NewTenant} onDone=${done} />`
    }
  `;
}

const labelOf = (name) => LABELS[name] ?? title(name);

const limitWords = (limits) =>
  Object.entries(limits)
    .filter(([, most]) => most !== null)
    .map(([name, most]) => `${labelOf(name)}: ${most.toLocaleString()}`)
    .join("; ");

function NewTenant({ onDone }) {
  const problem = useSignal(null);
  const onSubmit = async (event) => {
    event.preventDefault();
    const id = new FormData(event.target).get("id").trim();
    try {
      await post("v1/admin/tenants", { id });
      say(`Tenant ${id} was added.`);
      onDone();
    } catch (error) {
      problem.value = error;
    }
  };
  return html`<form class="inline-form" onSubmit=${onSubmit}>
    <label>New tenant <input name="id" required maxlength="64" pattern="[a-z0-9][a-z0-9_\\-]*" /></label>
    <button type="submit" class="small"><${Icon} name="plus" />Add</button>
    ${problem.value && html`<${Notice} error=${problem.value} />`}
  </form>`;
}

function TenantForm({ tenant, onDone }) {
  const problem = useSignal(null);
  const onSubmit = async (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    const names = Object.keys(tenant.limits);
    const limits = Object.fromEntries(names.map((name) => [name, given.get(name) ? Number(given.get(name)) : null]));
    try {
      await request(`v1/admin/tenants/${tenant.id}`, {
        method: "PATCH",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ weight: Number(given.get("weight")), limits }),
      });
      say(`Tenant ${tenant.id} was changed.`);
      onDone();
    } catch (error) {
      problem.value = error;
    }
  };
  return html`<form class="limits-form" aria-label=${`Tenant ${tenant.id}`} onSubmit=${onSubmit}>
    <label>
      Weight beside others
      <input
        name="weight"
        type="number"
        min="0.01"
        step="any"
        required
        ref=${(field) => field?.dataset.shown || (field?.focus(), field && (field.dataset.shown = "yes"))}
        defaultValue=${tenant.weight}
      />
    </label>
    ${Object.entries(tenant.limits).map(
      ([name, most]) =>
        html`<label key=${name}>
          ${labelOf(name)}
          <input name=${name} type="number" min="1" step="1" placeholder="no limit" defaultValue=${most ?? ""} />
        </label>`,
    )}
    <div class="form-tools">
      <button type="submit" class="small">Save ${tenant.id}</button>
      <button type="button" class="outline small" onClick=${onDone}>Cancel</button>
    </div>
    ${problem.value && html`<${Notice} error=${problem.value} />`}
  </form>`;
}
