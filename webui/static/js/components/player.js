/** A player: waveform, position, a stretch to select, spectrogram and download. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { artifactPath, picturePath, useMedia } from "../media.js";
import { duration, fileName, position } from "../format.js";
import { registerPlayer } from "../players.js";
import { requestActions } from "../region-requests.js";
import { useWaveform } from "../waveform.js";
import { IconButton } from "./icon.js";
import { SaveSound } from "./save-sound.js";
import { Notice } from "./notice.js";
import { Picture } from "./picture.js";
import { RegionBar } from "./region-bar.js";

const LONGEST_DECODED_S = 15 * 60; // decoding in the browser takes about 12 MB a minute of 48 kHz stereo

/** A player of a stored sound. */
export function StoredPlayer({ id, artifact, title, name, file: given, ...rest }) {
  const { blob, error, retry } = useMedia(artifactPath(id));
  const file = given ?? fileName(name ?? title, artifact?.media_type ?? "audio/wav");
  if (error) return html`<${Notice} error=${error} retry=${retry} />`;
  if (!blob) return html`<div class="player" aria-busy="true"><p class="quiet">Loading ${title}…</p></div>`;
  if (artifact?.duration_s > LONGEST_DECODED_S) return html`<${LongPlayer} id=${id} title=${title} file=${file} />`;
  return html`<${Player} blob=${blob} id=${id} title=${title} name=${name} file=${file} ...${rest} />`;
}

/**
 * A player of a sound at hand.
 *
 * `id` is its artifact, for pictures and download; `name` what a request calls it; `actions` what can be done with a
 * selected stretch; `onRegion` is told of it.
 */
export function Player({ blob, id, title, name, file, gap, autoplay, remove, actions, onRegion }) {
  const container = useRef(null);
  const wave = useWaveform(container, blob, { autoplay, onRegion });
  const showsMel = useSignal(false);
  useEffect(() => registerPlayer(id ?? blob, wave.playFrom), [id ?? blob, wave.playFrom]);
  const offered = actions ?? requestActions(name ?? title);
  return html`<figure class="player" aria-label=${title}>
    <div class="player-head">
      <strong>${title}</strong>${name && name !== title && html`<code>${name}</code>`}
      <span class="quiet">${wave.duration > 0 && duration(wave.duration)}</span>
      <${Tools} id=${id} file=${file} wave=${wave} showsMel=${showsMel} remove=${remove} title=${title} />
    </div>
    <div class="player-body">
      <${IconButton}
        icon=${wave.playing ? "pause" : "play"}
        label=${`${wave.playing ? "Pause" : "Play"} ${title}`}
        class="icon-button play"
        disabled=${wave.duration === 0}
        onClick=${wave.toggle}
      />
      <div class="wave" ref=${container}></div>
    </div>
    <div class="player-time">
      <input
        type="range"
        min="0"
        max=${wave.duration || 1}
        step="0.01"
        value=${wave.time}
        aria-label=${`Position in ${title}`}
        aria-valuetext=${position(wave.time)}
        onInput=${(event) => wave.seek(event.target.valueAsNumber)}
        onKeyDown=${(event) => stepBy(event, wave)}
      />
      <span>${position(wave.time)}</span>
    </div>
    ${wave.error && html`<${Notice} error=${wave.error} />`}
    ${wave.region && html`<${RegionBar} wave=${wave} actions=${offered} />`}
    ${
      showsMel.value &&
      html`<${Picture}
        path=${picturePath(id, "mel", gap)}
        alt=${`Mel spectrogram of ${title}`}
        name=${`${name ?? title}-mel.png`}
      />`
    }
  </figure>`;
}

function Tools({ id, file, wave, showsMel, remove, title }) {
  return html`<span class="player-tools">
    <${IconButton}
      icon="scissors"
      label=${`Select a stretch of ${title}`}
      aria-pressed=${Boolean(wave.region)}
      disabled=${wave.duration === 0}
      onClick=${wave.region ? wave.clearRegion : wave.addRegion}
    />
    ${
      id &&
      html`<${IconButton}
          icon="audio-lines"
          label=${`Mel spectrogram of ${title}`}
          aria-pressed=${showsMel.value}
          onClick=${() => (showsMel.value = !showsMel.value)}
        />
        <${SaveSound} id=${id} file=${file} />`
    }
    ${remove && html`<${IconButton} icon="x" ...${remove} />`}
  </span>`;
}

const STEPS_S = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5 };

/** Seek by seconds with the arrow keys, farther with Shift or the page keys; the slider alone moves by 10 ms. */
function stepBy(event, wave) {
  const step = STEPS_S[event.key] * (event.shiftKey ? 5 : 1);
  if (Number.isNaN(step)) return;
  event.preventDefault();
  wave.seek(Math.min(Math.max(wave.time + step, 0), wave.duration));
}

/** A sound too long to be decoded in a page: the browser's own player under the server's picture of it. */
function LongPlayer({ id, title, file }) {
  const { url } = useMedia(artifactPath(id));
  const audio = useRef(null);
  useEffect(() => {
    return registerPlayer(id, (seconds) => {
      audio.current.currentTime = seconds;
      audio.current.play();
    });
  }, [id]);
  return html`<figure class="player" aria-label=${title}>
    <div class="player-head">
      <strong>${title}</strong>
      <${SaveSound} id=${id} file=${file} />
    </div>
    <${Picture} path=${picturePath(id, "waveform")} alt=${`Waveform of ${title}`} name=${`${title}-waveform.png`} />
    <audio ref=${audio} controls src=${url} aria-label=${title}></audio>
  </figure>`;
}
