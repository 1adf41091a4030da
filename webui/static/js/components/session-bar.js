/** What can be done with the session that is shown: a link for others to read it, and a copy to keep. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { say } from "../announce.js";
import { post } from "../api.js";
import { sessionId, turns } from "../conversation.js";
import { asMarkdown } from "../export.js";
import { saveText } from "../media.js";
import { sharedAddress } from "../routes.js";
import { knownSession } from "../sessions.js";
import { CopyButton } from "./copy-button.js";
import { Icon, IconButton } from "./icon.js";
import { Notice } from "./notice.js";

export function SessionBar() {
  const link = useSignal(null);
  const error = useSignal(null);
  const id = sessionId.value;
  if (id === null || turns.value.length === 0) return null;
  const share = async () => {
    link.value = error.value = null;
    try {
      const { artifact, link: opens, expires } = await post(`v1/sessions/${id}/links`, {});
      link.value = { address: new URL(sharedAddress(artifact, opens), document.baseURI).href, expires, id };
      say("The link is there.");
    } catch (problem) {
      error.value = problem;
    }
  };
  const title = knownSession(id)?.title || "Session";
  const save = () => saveText(asMarkdown(title, turns.value), "session.md", "text/markdown");
  return html`<div class="session-bar">
    <button type="button" class="outline small" onClick=${share}><${Icon} name="share-2" />Link to read</button>
    <button type="button" class="outline small" onClick=${save}><${Icon} name="download" />Export</button>
    ${link.value?.id === id && html`<${Link} link=${link} />`}
    ${error.value && html`<${Notice} error=${error.value} retry=${share} />`}
  </div>`;
}

function Link({ link }) {
  const { address, expires } = link.value;
  const until = new Date(expires * 1000).toLocaleDateString();
  return html`<div class="shared-link">
    <input
      type="text"
      readonly
      aria-label="Link to read the session"
      value=${address}
      onFocus=${(event) => event.target.select()}
    />
    <${CopyButton} text=${address} label="Copy the link" />
    <${IconButton} icon="x" label="Hide the link" onClick=${() => (link.value = null)} />
    <span class="quiet">Whoever has it can read and hear this session as it is now, until ${until}.</span>
  </div>`;
}
