/** For whoever runs the server: which models are in memory, what they take, and how requests went. */
import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { request } from "../api.js";
import { plural, title } from "../format.js";
import { loadModels, models, modelsError, stateOf } from "../models.js";
import { countRequests } from "../server-metrics.js";
import { Notice } from "./notice.js";

const REFRESHED_MS = 5_000;

export function ModelPage() {
  const [requests, setRequests] = useState(null);
  useEffect(() => {
    const refresh = () => {
      loadModels();
      request("metrics")
        .then((response) => response.text())
        .then((text) => setRequests(countRequests(text)), () => setRequests(null)); // closed to this person
    };
    refresh();
    const timer = setInterval(refresh, REFRESHED_MS);
    return () => clearInterval(timer);
  }, []);
  const inMemory = models.value.filter(({ loaded }) => loaded);
  const memory = inMemory.reduce((sum, model) => sum + model.memory_mb, 0);
  return html`<div class="tasks">
    <h1>Models</h1>
    ${modelsError.value && html`<${Notice} error=${modelsError.value} retry=${loadModels} />`}
    <p class="quiet">
      ${inMemory.length} of ${plural(models.value.length, "model")} in memory, ${memory.toLocaleString()} MiB as they
      declare. ${requests && `${plural(requests.all, "request")} answered since the start, ${requests.failed} of them with a failure of the server.`}
    </p>
    <div class="table-scroll model-table" tabindex="0" role="region" aria-label="Models">
      <table>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">State</th>
            <th scope="col">Tasks</th>
            <th scope="col">Licence</th>
            <th scope="col">MiB</th>
          </tr>
        </thead>
        <tbody>
          ${models.value.map((model) => html`<${Row} key=${model.id} model=${model} />`)}
        </tbody>
      </table>
    </div>
  </div>`;
}

function Row({ model }) {
  const memory = model.gpu_memory_mb > 0 ? `${model.memory_mb} + ${model.gpu_memory_mb} of a GPU` : model.memory_mb;
  return html`<tr data-loaded=${model.loaded}>
    <th scope="row">${model.title}<span class="quiet">${model.id}</span></th>
    <td>${stateOf(model)}</td>
    <td>${model.tasks.map(title).join(", ")}</td>
    <td>${model.licence}</td>
    <td>${memory.toLocaleString()}</td>
  </tr>`;
}
