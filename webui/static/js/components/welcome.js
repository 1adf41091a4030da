/** What an empty session shows: what can be asked, to try with one click. */
import { html } from "htm/preact";
import { loadTasks, tasks, tasksError } from "../catalog.js";
import { attach, replace } from "../draft.js";
import { scoreOpen } from "../score-open.js";
import { Icon } from "./icon.js";
import { Notice } from "./notice.js";
import { Logo } from "./sidebar.js";

const SAMPLE = new URL("../../samples/noisy-speech.flac", import.meta.url);

const EXAMPLES = [
  {
    icon: "sparkles",
    title: "Clean up a recording",
    words: "Remove the noise, write down what is said and read it back to me",
    sample: true,
  },
  { icon: "audio-lines", title: "Make a sound", words: "Make the sound of rain on a roof with distant thunder" },
  {
    icon: "volume-2",
    title: "Say something",
    words: 'Say "good morning, the coffee is ready" and make it come from the left',
  },
  { icon: "keyboard-music", title: "Sing a song", words: "Write notes and words in the score editor", score: true },
];

export function Welcome() {
  const live = tasks.value.filter((task) => task.live).length;
  return html`<section class="welcome">
    <${Logo} />
    <h2>What would you like to hear?</h2>
    <p class="quiet">
      Ask in words or by voice, and drop in audio, a picture or a score. You will see the plan run step by step.
    </p>
    <ul class="examples">
      ${EXAMPLES.map((example) => html`<${Example} key=${example.title} ...${example} />`)}
    </ul>
    ${tasksError.value && html`<${Notice} error=${tasksError.value}><${Retry} /><//>`}
    ${tasks.value.length > 0 && html`<p class="quiet">${live} of ${tasks.value.length} tasks in service.</p>`}
  </section>`;
}

function Example({ icon, title, words, sample, score }) {
  const onClick = async () => {
    if (score) scoreOpen.value = true;
    else replace(words);
    if (sample) attach([await fetchSample()]);
  };
  return html`<li>
    <button type="button" class="example" onClick=${onClick}>
      <${Icon} name=${icon} />
      <span><strong>${title}</strong><span class="quiet">${words}</span></span>
    </button>
  </li>`;
}

async function fetchSample() {
  const response = await fetch(SAMPLE);
  return new File([await response.blob()], "noisy-speech.flac", { type: "audio/flac" });
}

function Retry() {
  return html`<button type="button" class="outline small" onClick=${loadTasks}>Try again</button>`;
}
