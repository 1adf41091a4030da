/** Parts of the page that are fetched when they are first shown. */
import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { Notice } from "./notice.js";

const FAILED = { message: "A part of the page could not be fetched.", hint: "Reload the page if this goes on." };

/**
 * Return a component in place of one whose module is not there yet; its `prefetch` fetches it ahead of time.
 * @param {() => Promise<object>} fetchModule Imports the module.
 * @param {string} name Name of the component in it.
 */
export function lazy(fetchModule, name) {
  let component = null;
  const load = () => fetchModule().then((module) => (component = module[name]));
  function Lazy(props) {
    const [ready, setReady] = useState(component !== null);
    const [problem, setProblem] = useState(null);
    const [attempt, setAttempt] = useState(0);
    useEffect(() => {
      if (ready) return;
      const there = component ? Promise.resolve() : load(); // it may have come since this was drawn
      there.then(() => setReady(true), setProblem);
    }, [attempt]);
    const retry = () => {
      setProblem(null);
      setAttempt((count) => count + 1);
    };
    if (ready) return html`<${component} ...${props} />`;
    if (problem) return html`<${Notice} error=${FAILED} retry=${retry} />`;
    return html`<p class="quiet" aria-busy="true">Loading…</p>`;
  }
  Lazy.prefetch = () => load().catch(() => {}); // it is tried again where it is shown
  return Lazy;
}
