/** A file of a request: heard or seen before it is sent, and after. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { artifactPath, useMedia } from "../media.js";
import { bytes } from "../format.js";
import { Icon, IconButton, kindIcon } from "./icon.js";
import { lazy } from "./lazy.js";

const Player = lazy(() => import("./player.js"), "Player");
const StoredPlayer = lazy(() => import("./player.js"), "StoredPlayer");

/** `file` holds the browser's own `file`, or the `ref` of a stored one; `onRemove` adds a button. */
export function FileCard({ file, onRemove }) {
  if (file.kind === "audio") {
    const remove = onRemove && { label: `Remove ${file.name}`, onClick: onRemove };
    if (file.ref)
      return html`<${StoredPlayer} id=${file.ref.id} artifact=${file.ref} title=${file.name} name=${file.artifact} />`;
    return html`<${Player} blob=${file.file} title=${file.name} remove=${remove} />`;
  }
  return html`<div class="file-card">
    ${file.kind === "image" ? html`<${Thumbnail} file=${file} />` : html`<${Icon} name=${kindIcon(file.kind)} />`}
    <span>${file.name}</span>
    <span class="quiet">${bytes(file.file?.size ?? file.ref.size_bytes)}</span>
    ${onRemove && html`<${IconButton} icon="x" label=${`Remove ${file.name}`} onClick=${onRemove} />`}
  </div>`;
}

function Thumbnail({ file }) {
  const stored = useMedia(file.ref ? artifactPath(file.ref.id) : null);
  const local = useSignal(null);
  useEffect(() => {
    if (!file.file) return undefined;
    local.value = URL.createObjectURL(file.file);
    return () => URL.revokeObjectURL(local.value);
  }, [file.file]);
  return html`<img class="thumbnail" src=${local.value ?? stored.url} alt="" />`;
}
