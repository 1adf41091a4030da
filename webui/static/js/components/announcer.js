/** Tells screen readers how things go on. */
import { html } from "htm/preact";
import { said } from "../announce.js";

/** The region of everything that is said; it stands on the page from the beginning and is filled later. */
export function LiveRegion() {
  return html`<div class="visually-hidden" role="status">${said.value}</div>`;
}
