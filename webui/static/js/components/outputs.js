/** What a step made: players, pictures, texts, events and figures. */
import { html } from "htm/preact";
import { artifactPath, download, picturePath, useMedia } from "../media.js";
import { duration, fileName, title } from "../format.js";
import { EventTable } from "./event-table.js";
import { Figures, isMain } from "./figures.js";
import { IconButton } from "./icon.js";
import { Notice } from "./notice.js";
import { Picture } from "./picture.js";
import { StoredPlayer } from "./player.js";
import { TextCard } from "./text-card.js";

/** `named` is the session's table of artifacts, which gives each output the name it can be asked for by. */
export function StepOutputs({ step, named }) {
  if (step.state === "failed") {
    return html`<section class="outputs">
      <h2>${title(step.task)}</h2>
      <${Notice} error=${step.error} />
    </section>`;
  }
  if (step.state !== "done") return null;
  const events = Array.isArray(step.outputs.events) ? step.outputs.events : null;
  return html`<section class="outputs" aria-label=${`Outputs of ${title(step.task)}`}>
    <h2>
      ${title(step.task)}${step.durationS !== null && html`<span class="quiet">${duration(step.durationS)}</span>`}
    </h2>
    ${Object.entries(step.artifacts).map(
      ([path, ref]) =>
        html`<${Output} key=${path} path=${path} artifact=${ref} step=${step} name=${nameOf(path, step, named)} />`,
    )}
    ${events && html`<${EventTable} events=${events} />`}
    <${Figures} step=${step} />
  </section>`;
}

function nameOf(path, step, named) {
  return named.find((artifact) => artifact.step === step.id && artifact.output === path)?.name ?? null;
}

function Output({ path, artifact, step, name }) {
  const label = `${title(path.replace(/\.(\d+)$/, (_, index) => ` ${Number(index) + 1}`))}`;
  switch (artifact.kind) {
    case "audio":
      return html`<${StoredPlayer}
        id=${artifact.id}
        title=${label}
        name=${name}
        artifact=${artifact}
        gap=${gapOf(step)}
      />`;
    case "text":
      if (!isMain(path, step)) return null; // among the figures
      return html`<${TextCard} text=${step.outputs[path]} id=${artifact.id} label=${label} />`;
    case "image":
      return html`<${Picture}
        path=${artifactPath(artifact.id)}
        alt=${label}
        name=${fileName(name ?? path, artifact.media_type)}
      />`;
    case "video":
      return html`<${Video} artifact=${artifact} name=${name ?? path} />`;
    case "data":
      return html`<${Picture}
        path=${picturePath(artifact.id, "posteriorgram")}
        alt="Probabilities of the sound classes over time"
        name=${`${name ?? path}.png`}
      />`;
    default:
      return html`<${Download} artifact=${artifact} name=${name ?? path} />`;
  }
}

/** The stretch a repair filled, to be marked in its spectrogram. */
function gapOf({ task, outputs }) {
  return task === "audio-inpainting" ? { start: outputs.start, end: outputs.end } : null;
}

function Video({ artifact, name }) {
  const { url, error, retry } = useMedia(artifactPath(artifact.id));
  if (error) return html`<${Notice} error=${error} retry=${retry} />`;
  return html`<figure class="picture">
    <video controls playsinline src=${url} aria-label=${name}></video>
    <figcaption><${Download} artifact=${artifact} name=${name} /></figcaption>
  </figure>`;
}

function Download({ artifact, name }) {
  const file = fileName(name, artifact.media_type);
  return html`<${IconButton}
    icon="download"
    label=${`Download ${file}`}
    onClick=${() => download(artifact.id, file)}
  />`;
}
