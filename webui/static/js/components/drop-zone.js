/** Takes files dropped anywhere on the page. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { attach } from "../draft.js";
import { Icon } from "./icon.js";

/** Takes dropped files where nothing on the page did so before, as the file fields of a form do. */
export function DropZone({ page }) {
  const over = useSignal(false);
  useEffect(() => {
    const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
    const onDragOver = (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      over.value = true;
    };
    const onDragLeave = (event) => {
      if (event.relatedTarget === null) over.value = false;
    };
    const onDrop = (event) => {
      over.value = false;
      if (!carriesFiles(event) || event.defaultPrevented) return;
      event.preventDefault(); // else the browser leaves the page for the file
      const { files } = event.dataTransfer;
      if (page === "chat") attach(files);
      else document.dispatchEvent(new CustomEvent("filesdropped", { detail: files }));
    };
    const listeners = { dragover: onDragOver, dragleave: onDragLeave, drop: onDrop };
    for (const [name, listener] of Object.entries(listeners)) addEventListener(name, listener);
    return () => {
      for (const [name, listener] of Object.entries(listeners)) removeEventListener(name, listener);
    };
  }, [page]);
  if (!over.value) return null;
  return html`<div class="drop-zone">
    <div><${Icon} name="file-audio" />Drop audio, pictures or scores here</div>
  </div>`;
}
