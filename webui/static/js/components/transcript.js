/** A transcript with its times: click one to hear it, take it along as text or subtitles. */
import { html } from "htm/preact";
import { position } from "../format.js";
import { saveText } from "../media.js";
import { playFrom } from "../players.js";
import { asSrt, asVtt } from "../subtitles.js";
import { CopyButton } from "./copy-button.js";

/** `player` is the key of the sound it was heard in; `file` names the downloads. */
export function Transcript({ text, segments, player, label, file }) {
  const save = (made, extension, type) => saveText(made, `${file}.${extension}`, type);
  return html`<figure class="text-card transcript">
    <ol aria-label=${label}>
      ${segments.map(
        (segment, index) =>
          html`<li key=${index}>
            <${TimeButton} seconds=${segment.start} player=${player} />
            <span class="said">${segment.words?.length > 0 ? html`<${Words} words=${segment.words} player=${player} />` : segment.text}</span>
          </li>`,
      )}
    </ol>
    <figcaption>
      <${CopyButton} text=${text} label="Copy the text" />
      <${SaveButton} label="TXT" onClick=${() => save(`${text.trim()}\n`, "txt", "text/plain")} />
      <${SaveButton} label="SRT" onClick=${() => save(asSrt(segments), "srt", "application/x-subrip")} />
      <${SaveButton} label="VTT" onClick=${() => save(asVtt(segments), "vtt", "text/vtt")} />
    </figcaption>
  </figure>`;
}

/** A time that plays the sound from there. */
export function TimeButton({ seconds, player }) {
  if (!player) return html`<span class="time">${position(seconds)}</span>`;
  return html`<button
    type="button"
    class="time"
    aria-label=${`Play from ${position(seconds)}`}
    onClick=${() => playFrom(player, seconds)}
  >
    ${position(seconds)}
  </button>`;
}

function Words({ words, player }) {
  return words.map(
    ({ word, start }, index) =>
      html`${/^\s/.test(word) && " "}<ruby key=${index} onClick=${() => player && playFrom(player, start)}>${word.trim()}<rt>${position(start)}</rt></ruby>`,
  );
}

function SaveButton({ label, onClick }) {
  return html`<button type="button" class="outline small" aria-label=${`Download as ${label}`} onClick=${onClick}>
    ${label}
  </button>`;
}
