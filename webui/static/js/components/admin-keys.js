/** Keys of all tenants: made, shown once, replaced and revoked. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { say } from "../announce.js";
import { post, request } from "../api.js";
import { limits } from "../limits.js";
import { useAnswer } from "../loading.js";
import { CopyButton } from "./copy-button.js";
import { Icon } from "./icon.js";
import { KeyTable } from "./key-table.js";
import { Notice } from "./notice.js";

const DAY_S = 86_400;
const USUAL = ["infer", "artifacts", "sessions", "runs", "usage:read"];

export function AdminKeys() {
  const { value, error, reload } = useAnswer("v1/admin/keys?limit=200");
  const made = useSignal(null);
  const problem = useSignal(null);
  if (error) return html`<${Notice} error=${error} retry=${reload} />`;
  if (!value) return html`<p class="quiet" aria-busy="true">Loading…</p>`;
  const act = async (work) => {
    problem.value = null;
    try {
      made.value = await work();
      reload();
    } catch (failure) {
      problem.value = failure;
    }
  };
  const revoke = (key) =>
    act(async () => {
      await request(`v1/admin/keys/${key.id}`, { method: "DELETE" });
      say("The key was revoked.");
      return null;
    });
  const rotate = (key) => act(() => post(`v1/admin/keys/${key.id}/rotate`, { overlap_s: DAY_S }));
  return html`
    ${made.value && html`<${MadeKey} made=${made} />`}
    ${problem.value && html`<${Notice} error=${problem.value} />`}
    <${KeyTable}
      keys=${value.data}
      actions=${[
        ["Replace", rotate],
        ["Revoke", revoke],
      ]}
    />
    <${NewKey} onMake=${(body) => act(() => post("v1/admin/keys", body))} />
  `;
}

/** The text of a key, which nobody can be shown again. */
function MadeKey({ made }) {
  const { key, tenant } = made.value;
  return html`<div class="made-key" role="status">
    <p>The new key of ${tenant}, which is shown this once. A key it replaces works on for a day.</p>
    <input type="text" readonly aria-label="The new key" value=${key} onFocus=${(event) => event.target.select()} />
    <${CopyButton} text=${key} label="Copy the key" />
    <button type="button" class="outline small" onClick=${() => (made.value = null)}>Hide</button>
  </div>`;
}

function NewKey({ onMake }) {
  const onSubmit = (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    const days = Number(given.get("days"));
    onMake({
      tenant: given.get("tenant").trim(),
      name: given.get("name").trim(),
      permissions: given.getAll("permission"),
      ...(days > 0 && { expires_s: days * DAY_S }),
    });
  };
  return html`<form class="limits-form" aria-label="New key" onSubmit=${onSubmit}>
    <label>Tenant <input name="tenant" required maxlength="64" /></label>
    <label>Name, for people <input name="name" maxlength="200" /></label>
    <label>Days it works <input name="days" type="number" min="0" step="any" placeholder="for good" /></label>
    <fieldset>
      <legend>Permits</legend>
      ${limits.value.permissions.map(
        (name) =>
          html`<label key=${name}>
            <input type="checkbox" name="permission" value=${name} defaultChecked=${USUAL.includes(name)} />${name}
          </label>`,
      )}
    </fieldset>
    <div class="form-tools"><button type="submit" class="small"><${Icon} name="plus" />Make a key</button></div>
  </form>`;
}
