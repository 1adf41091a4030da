/** What went wrong, in words. */
import { html } from "htm/preact";
import { plainWords } from "../plain-errors.js";
import { Icon } from "./icon.js";

/** An error with what to do about it; `retry` adds a button, `children` are others. */
export function Notice({ error, retry, children }) {
  return html`<div class="notice" role="alert">
    <${Icon} name="circle-alert" />
    <div>
      <p>${plainWords(error.message)}</p>
      ${error.hint && html`<p class="quiet">${error.hint}</p>`}
      ${retry && html`<button type="button" class="outline small" onClick=${retry}>Try again</button>`} ${children}
    </div>
  </div>`;
}
