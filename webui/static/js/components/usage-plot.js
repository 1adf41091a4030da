/** What calls to models came to: as bars by day, and as a table of what a measure is made up of. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { title } from "../format.js";
import { useAnswer } from "../loading.js";
import { DAYS, days, lastDays, MEASURES } from "../usage.js";
import { Bars } from "./bars.js";
import { Notice } from "./notice.js";

/** `path` is the report's; `by` what the table is of, such as `model`. */
export function UsagePlot({ path, by }) {
  const measure = useSignal("model_s");
  const byDay = useAnswer(`${path}?${lastDays("day")}`);
  const byPart = useAnswer(`${path}?${lastDays(by)}`);
  const error = byDay.error ?? byPart.error;
  if (error) return html`<${Notice} error=${error} retry=${() => (byDay.reload(), byPart.reload())} />`;
  if (!byDay.value || !byPart.value) return html`<p class="quiet" aria-busy="true">Loading…</p>`;
  const { label, words } = MEASURES[measure.value];
  const bars = days(byDay.value).map(({ name, usage }) => {
    const value = usage?.[measure.value] ?? 0;
    return { name, value, words: words(value) };
  });
  return html`<div class="usage">
    <label class="measure">
      Shown
      <select value=${measure.value} onChange=${(event) => (measure.value = event.target.value)}>
        ${Object.entries(MEASURES).map(([name, { label: shown }]) => html`<option key=${name} value=${name}>${shown}</option>`)}
      </select>
    </label>
    <${Bars} bars=${bars} label=${`${label} of each of the last ${DAYS} days, ${words(byDay.value.total[measure.value])} in all`} />
    <${UsageTable} report=${byPart.value} by=${by} />
  </div>`;
}

function UsageTable({ report, by }) {
  if (report.rows.length === 0) return html`<p class="quiet">No model was called in the last ${DAYS} days.</p>`;
  const row = (name, usage) =>
    html`<tr key=${name}>
      <th scope="row">${name}</th>
      ${Object.entries(MEASURES).map(([measure, { words }]) => html`<td key=${measure}>${words(usage[measure])}</td>`)}
      <td>${usage.failed.toLocaleString()}</td>
    </tr>`;
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${`Usage by ${by}`}>
    <table>
      <thead>
        <tr>
          <th scope="col">${title(by)}</th>
          ${Object.entries(MEASURES).map(([name, { label }]) => html`<th key=${name} scope="col">${label}</th>`)}
          <th scope="col">Failed</th>
        </tr>
      </thead>
      <tbody>
        ${report.rows.map(({ of, usage }) => row(of || "–", usage))} ${row("All", report.total)}
      </tbody>
    </table>
  </div>`;
}
