/** What one has used, and one's own keys. */
import { html } from "htm/preact";
import { limits } from "../limits.js";
import { useAnswer } from "../loading.js";
import { KeyTable } from "./key-table.js";
import { Notice } from "./notice.js";
import { UsagePlot } from "./usage-plot.js";

export function UsagePage() {
  const keys = useAnswer("v1/keys");
  return html`<div class="tasks">
    <h1>Usage</h1>
    <p class="quiet">
      Of ${limits.value.tenant ?? "…"}${limits.value.key && `, whose key ${limits.value.key} this browser shows`}, in days of
      UTC.
    </p>
    <${UsagePlot} path="v1/usage" by="model" />
    <h2>Keys</h2>
    ${keys.error && html`<${Notice} error=${keys.error} retry=${keys.reload} />`}
    ${keys.value && html`<${KeyTable} keys=${keys.value.data} />`}
  </div>`;
}
