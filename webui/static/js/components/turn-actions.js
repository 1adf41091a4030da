/** What can be done with a turn that has ended. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { draftOf } from "../asked.js";
import { busy, send, takeBack } from "../conversation.js";
import { restoreDraft } from "../draft.js";
import { isRunning } from "../turns.js";
import { DownloadAll } from "./download-all.js";
import { IconButton } from "./icon.js";
import { Notice } from "./notice.js";

export function TurnActions({ turn, signal }) {
  const error = useSignal(null);
  if (isRunning(turn)) return null;
  const withDraft = (use) => async () => {
    try {
      use(await draftOf(turn));
      error.value = null;
    } catch (problem) {
      error.value = problem; // a file was deleted, or the server is away
    }
  };
  return html`<div class="turn-actions">
    ${
      !turn.draft?.plan &&
      html`<${IconButton} icon="square-pen" label="Edit the request" onClick=${withDraft(restoreDraft)} />`
    }
    <${IconButton} icon="rotate-ccw" label="Ask again" disabled=${busy.value} onClick=${withDraft(send)} />
    ${
      turn.index != null &&
      html`<${IconButton}
        icon="undo-2"
        label="Take back this request and what follows"
        disabled=${busy.value}
        onClick=${() => takeBack(signal)}
      />`
    }
    <${DownloadAll} turn=${turn} />
    ${error.value && html`<${Notice} error=${error.value} />`}
  </div>`;
}
