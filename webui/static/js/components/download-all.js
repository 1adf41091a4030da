/** Everything a turn made, in one archive. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { fileName } from "../format.js";
import { saveArchive } from "../media.js";
import { outputName } from "../naming.js";
import { IconButton } from "./icon.js";
import { Notice } from "./notice.js";

export function DownloadAll({ turn }) {
  const error = useSignal(null);
  const files = turn.steps.flatMap((step) =>
    Object.entries(step.artifacts).map(([path, ref]) => ({
      artifact: ref.id,
      name: fileName(outputName(step, path, turn), ref.media_type),
    })),
  );
  if (files.length < 2) return null;
  const save = async () => {
    error.value = await saveArchive(files).then(
      () => null,
      (problem) => problem,
    );
  };
  return html`<${IconButton} icon="archive" label="Download all as zip" onClick=${save} />
    ${error.value && html`<${Notice} error=${error.value} retry=${save} />`}`;
}
