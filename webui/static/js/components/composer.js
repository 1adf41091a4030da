/** The request being written: words, files, or a recording instead of words. */
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { ACCEPTED } from "../attachments.js";
import { busy, send, stop } from "../conversation.js";
import { attach, detach, files, inserted, refused, speech, text } from "../draft.js";
import { plural } from "../format.js";
import { scoreOpen } from "../score-open.js";
import { FileCard } from "./file-card.js";
import { Icon, IconButton } from "./icon.js";
import { Notice } from "./notice.js";
import { Recorder } from "./recorder.js";

const MAX_CHARACTERS = 20_000;

export function Composer() {
  const field = useRef(null);
  const sending = useRef(null);
  useEffect(() => {
    if (inserted.value > 0) (field.current ?? sending.current)?.focus();
  }, [inserted.value, speech.value === null]);
  const sendable = (text.value.trim() !== "" || speech.value !== null || files.value.length > 0) && !busy.value;
  const submit = (event) => {
    event.preventDefault();
    if (sendable) send({ text: words(), files: files.value, speech: speech.value });
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
  };
  const onPaste = (event) => {
    if (event.clipboardData.files.length > 0) attach(event.clipboardData.files);
  };
  return html`<form class="composer" onSubmit=${submit} aria-label="Request">
    <${Attachments} />
    ${refused.value && html`<${Notice} error=${refused.value} />`}
    ${
      !speech.value &&
      html`<textarea
        ref=${field}
        name="request"
        rows="1"
        aria-label="Your request"
        placeholder="Ask for something to hear, or drop a file…"
        maxlength=${MAX_CHARACTERS}
        value=${text.value}
        onInput=${(event) => (text.value = event.target.value)}
        onKeyDown=${onKeyDown}
        onPaste=${onPaste}
      ></textarea>`
    }
    <div class="composer-tools">
      <${FileButton} />
      <${Recorder} />
      <${IconButton}
        icon="keyboard-music"
        label="Write a song in the score editor"
        onClick=${() => (scoreOpen.value = true)}
      />
      <span class="grow"></span>
      ${
        busy.value
          ? html`<button type="button" class="send secondary" onClick=${stop}><${Icon} name="square" />Stop</button>`
          : html`<button ref=${sending} type="submit" class="send" disabled=${!sendable}>
              <${Icon} name="arrow-up" />Send
            </button>`
      }
    </div>
  </form>`;
}

/** The request in words; files alone answer the question for them. */
function words() {
  if (speech.value) return "";
  return text.value.trim() || (files.value.length > 1 ? "Here they are." : "Here it is.");
}

function Attachments() {
  const all = files.value;
  if (all.length === 0 && !speech.value) return null;
  return html`<div class="attachments" role="group" aria-label=${plural(all.length + (speech.value ? 1 : 0), "file")}>
    ${speech.value && html`<${FileCard} file=${speech.value} onRemove=${removeSpeech} />`}
    ${all.map((file) => html`<${FileCard} key=${file.key} file=${file} onRemove=${() => detach(file.key)} />`)}
  </div>`;
}

function removeSpeech() {
  speech.value = null;
  inserted.value += 1;
}

function FileButton() {
  const input = useRef(null);
  const onChange = (event) => {
    attach(event.target.files);
    event.target.value = "";
  };
  return html`
    <${IconButton} icon="paperclip" label="Attach files" onClick=${() => input.current.click()} />
    <input ref=${input} type="file" name="files" multiple hidden accept=${ACCEPTED} onChange=${onChange} />
  `;
}
