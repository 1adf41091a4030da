/** What can still be undone. */
import { html } from "htm/preact";
import { leaving, undo } from "../deletion.js";
import { Icon } from "./icon.js";

export function UndoToast() {
  const session = leaving.value;
  if (!session) return null;
  return html`<div class="toast" role="region" aria-label="Undo">
    <span>“${session.title || "Spoken request"}” was deleted.</span>
    <button type="button" class="small" onClick=${undo}><${Icon} name="undo-2" />Undo</button>
  </div>`;
}
