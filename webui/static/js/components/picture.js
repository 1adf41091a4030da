/** A picture of the server, with a download. */
import { html } from "htm/preact";
import { useMedia } from "../media.js";
import { Icon } from "./icon.js";
import { Notice } from "./notice.js";

export function Picture({ path, alt, name }) {
  const { url, error, retry } = useMedia(path);
  if (error) return html`<${Notice} error=${error} retry=${retry} />`;
  if (!url) return html`<p class="quiet" aria-busy="true">Drawing…</p>`;
  return html`<figure class="picture">
    <img src=${url} alt=${alt} />
    <figcaption>
      <a class="icon-button" href=${url} download=${name} aria-label=${`Download ${name}`} title=${`Download ${name}`}>
        <${Icon} name="download" />
      </a>
    </figcaption>
  </figure>`;
}
