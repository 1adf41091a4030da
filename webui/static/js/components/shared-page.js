/** A session as somebody else shared it: to be read and heard, not to go on with. */
import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { artifactPath, openBy, useMedia } from "../media.js";
import { rememberedTurn } from "../turns.js";
import { Notice } from "./notice.js";
import { Turn } from "./turn.js";

export function SharedPage({ id, link }) {
  openBy({ [id]: link });
  const { blob, error, retry } = useMedia(artifactPath(id));
  const [session, setSession] = useState(null);
  useEffect(() => {
    blob?.text().then((text) => {
      const shared = JSON.parse(text);
      openBy(shared.links);
      setSession(shared);
    });
  }, [blob]);
  const shown = useMemo(
    () => (session?.turns ?? []).map((turn) => signal(rememberedTurn(turn, session.artifacts))),
    [session],
  );
  if (error) {
    const words = { message: "This link has expired, or there is no such session.", hint: error.message };
    return html`<div class="tasks"><${Notice} error=${words} retry=${retry} /></div>`;
  }
  return html`<div class="conversation">
    <h1 class="visually-hidden">Shared session</h1>
    <div class="turns">
      <p class="quiet">A shared session, to read and hear. <a href="#/">Begin one of your own</a></p>
      ${!session && html`<p class="quiet" aria-busy="true">Loading…</p>`}
      ${shown.map((turn, index) => html`<${Turn} key=${index} turn=${turn} readonly />`)}
    </div>
  </div>`;
}
