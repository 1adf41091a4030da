/** Downloads of a sound: as it is stored, or in another format. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { download, downloadAs } from "../media.js";
import { say } from "../announce.js";
import { IconButton } from "./icon.js";

const FORMATS = ["wav", "flac", "mp3"];

/** `file` is the name it is stored under, with its extension. */
export function SaveSound({ id, file }) {
  const problem = useSignal("");
  const [, stem, extension] = file.match(/^(.*?)(?:\.([^.]+))?$/);
  const others = FORMATS.filter((format) => format !== extension);
  const save = (saving) => {
    problem.value = "";
    saving.catch((error) => say((problem.value = error.message)));
  };
  const onChange = (event) => {
    const format = event.target.value;
    event.target.value = "";
    save(downloadAs(id, format, `${stem}.${format}`));
  };
  return html`<${IconButton} icon="download" label=${`Download ${file}`} onClick=${() => save(download(id, file))} />
    <select class="format" aria-label=${`Download ${stem} in another format`} title="Other formats" onChange=${onChange}>
      <option value="">as…</option>
      ${others.map((format) => html`<option key=${format} value=${format}>${format.toUpperCase()}</option>`)}
    </select>
    ${problem.value && html`<span class="quiet">${problem.value}</span>`}`;
}
