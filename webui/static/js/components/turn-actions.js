/** What can be done with a turn that has ended. */
import { html } from "htm/preact";
import { busy, send, takeBack } from "../conversation.js";
import { restoreDraft } from "../draft.js";
import { isRunning } from "../turns.js";
import { DownloadAll } from "./download-all.js";
import { IconButton } from "./icon.js";

export function TurnActions({ turn, signal }) {
  if (isRunning(turn)) return null;
  const draft = turn.draft ?? { text: turn.text, files: [], speech: null, plan: null };
  const edit = () => restoreDraft({ ...draft, text: turn.text });
  return html`<div class="turn-actions">
    ${
      !draft.plan &&
      html`<${IconButton} icon="square-pen" label="Edit the request" onClick=${edit} />`
    }
    <${IconButton} icon="rotate-ccw" label="Ask again" disabled=${busy.value} onClick=${() => send(draft)} />
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
  </div>`;
}
