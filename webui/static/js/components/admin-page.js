/** For whoever runs the server: tenants, keys, usage, and what goes on now. */
import { html } from "htm/preact";
import { AdminKeys } from "./admin-keys.js";
import { AdminTenants } from "./admin-tenants.js";
import { AdminWork } from "./admin-work.js";
import { UsagePlot } from "./usage-plot.js";

export function AdminPage() {
  return html`<div class="tasks">
    <h1>Administration</h1>
    <h2>Now</h2>
    <${AdminWork} />
    <h2>Usage</h2>
    <${UsagePlot} path="v1/admin/usage" by="tenant" />
    <h2>Tenants</h2>
    <${AdminTenants} />
    <h2>Keys</h2>
    <${AdminKeys} />
  </div>`;
}
