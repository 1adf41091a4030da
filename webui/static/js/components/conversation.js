/** The dialogue: turns above, the request being written below. */
import { effect } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { open, openError, opening, sessionId, turns } from "../conversation.js";
import { files, text } from "../draft.js";
import { Composer } from "./composer.js";
import { lazy } from "./lazy.js";
import { Notice } from "./notice.js";
import { Welcome } from "./welcome.js";

const Turn = lazy(() => import("./turn.js"), "Turn");
const SessionBar = lazy(() => import("./session-bar.js"), "SessionBar");
effect(() => {
  if (text.value || files.value.length > 0) Turn.prefetch(); // a turn follows soon
});

export function Conversation() {
  const count = turns.value.length;
  const list = useRef(null);
  useEffect(() => {
    list.current.querySelector(".turn:last-of-type")?.scrollIntoView();
  }, [count]);
  return html`<div class="conversation">
    <h1 class="visually-hidden">Conversation</h1>
    ${count > 0 && html`<${SessionBar} />`}
    <div class="turns" ref=${list}>
      ${opening.value && html`<p class="quiet" aria-busy="true">Opening the session…</p>`}
      ${openError.value && html`<${OpenError} />`}
      ${count === 0 && !opening.value && !openError.value && html`<${Welcome} />`}
      ${turns.value.map((turn, index) => html`<${Turn} key=${index} turn=${turn} />`)}
    </div>
    <${Composer} />
  </div>`;
}

function OpenError() {
  return html`<${Notice} error=${openError.value}>
    <p>
      <button type="button" class="outline small" onClick=${() => open(sessionId.value)}>Try again</button>
      <a href="#/">Begin a new session</a>
    </p>
  <//>`;
}
