/** The score editor: notes with syllables, drawn as sheet music, heard as tones, sung by the server. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { busy, send } from "../conversation.js";
import { duration } from "../format.js";
import { go, route } from "../routes.js";
import { scoreOpen } from "../score-open.js";
import { lengthS, note, score, seconds, setNotes, singingArguments, twinkle } from "../score.js";
import { playTones } from "../tones.js";
import { Icon } from "./icon.js";
import { NoteRow } from "./note-row.js";
import { Notice } from "./notice.js";
import { Piano } from "./piano.js";
import { Sheet } from "./sheet.js";

const TEMPO = { min: 40, max: 200 }; // beats a minute
const PLAN_STEP = { id: "s1", task: "singing-synthesis" };

export function ScoreEditor() {
  const beats = useSignal(1);
  const error = useSignal(null);
  const { notes } = score.value;
  const add = (pitch) => setNotes([...notes, note(pitch, beats.value, pitch === null ? "" : "la")]);
  const sing = () => {
    try {
      const song = singingArguments(score.value);
      scoreOpen.value = false;
      if (route.value.page !== "chat") go("#/");
      send({ text: `Sing “${song.lyrics}”`, files: [], plan: { steps: [{ ...PLAN_STEP, arguments: song }] } });
    } catch (problem) {
      error.value = problem;
    }
  };
  return html`
    <${Sheet} />
    <${Piano} beats=${beats} onNote=${add} />
    <ol class="notes" aria-label="Notes">
      ${notes.map((item, index) => html`<${NoteRow} key=${item.key} note=${item} index=${index} />`)}
    </ol>
    ${error.value && html`<${Notice} error=${error.value} />`}
    <div class="score-tools">
      <${Tempo} />
      <span class="quiet">${duration(lengthS.value)}</span>
      <span class="grow"></span>
      <button type="button" class="outline small" onClick=${() => (score.value = twinkle())}>Twinkle</button>
      <button type="button" class="outline small" onClick=${() => setNotes([])}><${Icon} name="trash-2" />Clear</button>
      <${Listen} />
      <button type="button" onClick=${sing} disabled=${busy.value}><${Icon} name="music" />Sing it</button>
    </div>
  `;
}

function Tempo() {
  const { tempo } = score.value;
  const onInput = (event) => (score.value = { ...score.value, tempo: event.target.valueAsNumber });
  return html`<label class="tempo">
    Tempo
    <input type="range" ...${TEMPO} value=${tempo} aria-valuetext=${`${tempo} beats a minute`} onInput=${onInput} />
    <span>${tempo}</span>
  </label>`;
}

function Listen() {
  const stop = useRef(null);
  useEffect(() => () => stop.current?.(), []);
  const listen = () => {
    stop.current?.();
    stop.current = playTones(score.value.notes.map(({ pitch, beats }) => ({ pitch, seconds: seconds(beats) })));
  };
  return html`<button type="button" class="outline small" onClick=${listen}><${Icon} name="volume-2" />Listen</button>`;
}
