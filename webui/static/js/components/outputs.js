/** What a step made: players, pictures, texts, events and figures. */
import { html } from "htm/preact";
import { artifactPath, download, picturePath, useMedia } from "../media.js";
import { duration, fileName, title } from "../format.js";
import { outputName } from "../naming.js";
import { playerKey } from "../sources.js";
import { EventTable } from "./event-table.js";
import { Figures, isMain } from "./figures.js";
import { IconButton } from "./icon.js";
import { Notice } from "./notice.js";
import { Picture } from "./picture.js";
import { StoredPlayer } from "./player.js";
import { TextCard } from "./text-card.js";
import { TimeButton, Transcript } from "./transcript.js";

/** `turn` holds the step's neighbours, `{steps, files, artifacts}`; the last are named by the session's table. */
export function StepOutputs({ step, turn }) {
  if (step.state === "failed") {
    return html`<section class="outputs">
      <h2>${title(step.task)}</h2>
      <${Notice} error=${step.error} />
    </section>`;
  }
  if (step.state !== "done") return null;
  const { events } = step.outputs;
  return html`<section class="outputs" aria-label=${`Outputs of ${title(step.task)}`}>
    <h2>
      ${title(step.task)}${step.durationS !== null && html`<span class="quiet">${duration(step.durationS)}</span>`}
    </h2>
    ${Object.entries(step.artifacts).map(
      ([path, ref]) => html`<${Output} key=${path} path=${path} artifact=${ref} step=${step} turn=${turn} />`,
    )}
    ${hasOnlyText(step) && html`<${Text} path="text" step=${step} turn=${turn} />`}
    ${Array.isArray(events) && html`<${EventTable} events=${events} player=${playerKey(step, turn)} />`}
    <${Figures} step=${step} />
  </section>`;
}

/** A task that was run alone tells its text, but does not store it. */
const hasOnlyText = ({ outputs, artifacts }) => typeof outputs.text === "string" && !artifacts.text;

function Output({ path, artifact, step, turn }) {
  const label = `${title(path.replace(/\.(\d+)$/, (_, index) => ` ${Number(index) + 1}`))}`;
  const name = turn.artifacts.find((made) => made.step === step.id && made.output === path)?.name ?? null;
  const file = fileName(outputName(step, path, turn), artifact.media_type);
  switch (artifact.kind) {
    case "audio":
      return html`<${StoredPlayer}
        id=${artifact.id}
        title=${label}
        name=${name}
        file=${file}
        artifact=${artifact}
        gap=${gapOf(step)}
      />`;
    case "text":
      if (!isMain(path, step)) return null; // among the figures
      return html`<${Text} path=${path} step=${step} turn=${turn} id=${artifact.id} />`;
    case "image":
      return html`<${Picture} path=${artifactPath(artifact.id)} alt=${label} name=${file} />`;
    case "video":
      return html`<${Video} artifact=${artifact} file=${file} />`;
    case "data":
      return html`<${Picture}
        path=${picturePath(artifact.id, "posteriorgram")}
        alt="Probabilities of the sound classes over time"
        name=${`${outputName(step, path, turn)}.png`}
      />`;
    default:
      return html`<${Download} artifact=${artifact} file=${file} />`;
  }
}

function Text({ path, step, turn, id }) {
  const { segments, unclear = [] } = step.outputs;
  const [text, file, label] = [step.outputs[path], outputName(step, path, turn), title(path)];
  if (!(segments?.length > 0)) return html`<${TextCard} text=${text} id=${id} label=${label} file=${`${file}.txt`} />`;
  const player = playerKey(step, turn);
  return html`<${Transcript} text=${text} segments=${segments} player=${player} label=${label} file=${file} />
    <${Unclear} stretches=${unclear} player=${player} />`;
}

/** Speech whose words could not be made out, to be listened to. */
function Unclear({ stretches, player }) {
  if (stretches.length === 0) return null;
  return html`<p class="quiet unclear">
    Somebody speaks, but the words could not be made out, at${" "}
    ${stretches.map(({ start }) => html`<${TimeButton} key=${start} seconds=${start} player=${player} />`)}
  </p>`;
}

/** The stretch a repair filled, to be marked in its spectrogram. */
function gapOf({ task, outputs }) {
  return task === "audio-inpainting" ? { start: outputs.start, end: outputs.end } : null;
}

function Video({ artifact, file }) {
  const { url, error, retry } = useMedia(artifactPath(artifact.id));
  if (error) return html`<${Notice} error=${error} retry=${retry} />`;
  return html`<figure class="picture">
    <video controls playsinline src=${url} aria-label=${file}></video>
    <figcaption><${Download} artifact=${artifact} file=${file} /></figcaption>
  </figure>`;
}

function Download({ artifact, file }) {
  return html`<${IconButton}
    icon="download"
    label=${`Download ${file}`}
    onClick=${() => download(artifact.id, file)}
  />`;
}
