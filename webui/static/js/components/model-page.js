/** For whoever runs the server: which models are in memory, what they take, and how requests went. */
import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { request } from "../api.js";
import { plural, title } from "../format.js";
import { limits, may } from "../limits.js";
import { loadModels, models, modelsError, stateOf } from "../models.js";
import { countCalls, countRequests } from "../server-metrics.js";
import { Notice } from "./notice.js";

const REFRESHED_MS = 5_000;

export function ModelPage() {
  const counted = useMetrics();
  const shown = models.value.map((model) => ({ model, calls: counted?.calls[model.id] }));
  return html`<div class="tasks">
    <h1>Models</h1>
    ${modelsError.value && html`<${Notice} error=${modelsError.value} retry=${loadModels} />`}
    <${Totals} shown=${shown} requests=${counted?.requests} />
    <p class="quiet">A cold model is loaded by its first request.</p>
    <div class="table-scroll model-table" tabindex="0" role="region" aria-label="Models">
      <table>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">State</th>
            ${counted && html`<th scope="col">Calls</th>`}
            <th scope="col">Tasks</th>
            <th scope="col">Licence</th>
            <th scope="col">MiB</th>
          </tr>
        </thead>
        <tbody>
          ${shown.map(({ model, calls }) => html`<${Row} key=${model.id} model=${model} calls=${calls} counted=${counted} />`)}
        </tbody>
      </table>
    </div>
  </div>`;
}

/** What the server counts, asked for again and again; null where it is closed to this person. */
function useMetrics() {
  const [counted, setCounted] = useState(null);
  useEffect(() => {
    const refresh = () => {
      loadModels();
      if (!may("metrics")) return;
      request("metrics")
        .then((response) => response.text())
        .then(
          (text) => setCounted({ requests: countRequests(text), calls: countCalls(text) }),
          () => setCounted(null),
        );
    };
    refresh();
    const timer = setInterval(refresh, REFRESHED_MS);
    return () => clearInterval(timer);
  }, [limits.value]);
  return counted;
}

function Totals({ shown, requests }) {
  const loaded = shown.filter(({ model }) => model.loaded);
  const memory = loaded.reduce((sum, { model }) => sum + model.memory_mb, 0);
  const count = (state) => shown.reduce((sum, { calls }) => sum + (calls?.[state] ?? 0), 0);
  return html`<dl class="figures">
    <${Figure} name="In memory" value=${`${loaded.length} of ${plural(shown.length, "model")}, ${memory.toLocaleString()} MiB declared`} />
    ${
      requests &&
      html`<${Figure} name="Calls" value=${`${count("running")} running, ${count("waiting")} queued`} />
        <${Figure} name="Requests" value=${requests.all.toLocaleString()} />
        <${Figure} name="Failures of the server" value=${`${requests.failed} (${share(requests)} %)`} />`
    }
  </dl>`;
}

function Figure({ name, value }) {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

const share = ({ all, failed }) => (all === 0 ? 0 : Math.round((1000 * failed) / all) / 10);

function Row({ model, calls, counted }) {
  const memory = model.gpu_memory_mb > 0 ? `${model.memory_mb} + ${model.gpu_memory_mb} of a GPU` : model.memory_mb;
  return html`<tr data-loaded=${model.loaded}>
    <th scope="row">${model.title}<span class="quiet">${model.id}</span></th>
    <td>${stateOf(model, calls)}</td>
    ${counted && html`<td>${callWords(calls)}</td>`}
    <td>${model.tasks.map(title).join(", ")}</td>
    <td>${model.licence}</td>
    <td>${memory.toLocaleString()}</td>
  </tr>`;
}

function callWords(calls) {
  if (!calls || calls.running + calls.waiting === 0) return "–";
  return calls.waiting > 0 ? `${calls.running} running, ${calls.waiting} queued` : `${calls.running} running`;
}
