/** A text a step made. */
import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { artifactPath, saveText, useMedia } from "../media.js";
import { CopyButton } from "./copy-button.js";
import { IconButton } from "./icon.js";
import { Notice } from "./notice.js";

/** `text` is fetched by its artifact's id where it is not at hand; `file` names the download. */
export function TextCard({ text, id, label, file }) {
  const { blob, error, retry } = useMedia(text === undefined ? artifactPath(id) : null);
  const [fetched, setFetched] = useState("");
  useEffect(() => {
    blob?.text().then(setFetched);
  }, [blob]);
  if (error) return html`<${Notice} error=${error} retry=${retry} />`;
  const shown = text ?? fetched;
  return html`<figure class="text-card">
    <blockquote aria-label=${label}>${shown}</blockquote>
    <figcaption>
      <${CopyButton} text=${shown} />
      <${IconButton} icon="download" label=${`Download ${file}`} onClick=${() => saveText(shown, file)} />
    </figcaption>
  </figure>`;
}
