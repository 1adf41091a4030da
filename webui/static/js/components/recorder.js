/** The microphone: records a spoken request, or a sound to work on. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { say } from "../announce.js";
import { attach, inserted, speak } from "../draft.js";
import { position } from "../format.js";
import { record } from "../microphone.js";
import { Icon, IconButton } from "./icon.js";
import { Notice } from "./notice.js";

const MAX_RECORDING_S = 300;
const TICK_MS = 100;

export function Recorder() {
  const recording = useRef(null);
  const bar = useRef(null);
  const seconds = useSignal(null);
  const error = useSignal(null);
  const active = seconds.value !== null;

  const start = async () => {
    error.value = null;
    try {
      recording.current = await record();
      seconds.value = 0;
      say("Recording.");
    } catch (problem) {
      error.value = problem;
    }
  };
  const finish = async (keep) => {
    const taken = recording.current;
    recording.current = null;
    seconds.value = null;
    const file = await taken.stop();
    keep(file);
    inserted.value += 1; // the button that had the focus is gone
  };
  useEffect(() => {
    if (!active) return undefined;
    const began = performance.now();
    const timer = setInterval(() => {
      seconds.value = (performance.now() - began) / 1000;
      if (seconds.value >= MAX_RECORDING_S) finish(speak);
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [active]);
  useEffect(() => () => recording.current?.stop(), []);
  useEffect(() => {
    if (active) bar.current.querySelector("button").focus();
  }, [active]);

  if (!active) {
    return html`<${IconButton} icon="mic" label="Record with the microphone" onClick=${start} />
      ${error.value && html`<${Notice} error=${error.value} />`}`;
  }
  return html`<fieldset ref=${bar} class="recording" aria-label="Recording">
    <span class="recording-dot"></span><span role="timer">${position(seconds.value)}</span>
    <button type="button" class="small" onClick=${() => finish(speak)}><${Icon} name="check" />Use as request</button>
    <button type="button" class="outline small" onClick=${() => finish((file) => attach([file]))}>
      <${Icon} name="paperclip" />Attach
    </button>
    <${IconButton} icon="x" label="Throw the recording away" onClick=${() => finish(() => {})} />
  </fieldset>`;
}
