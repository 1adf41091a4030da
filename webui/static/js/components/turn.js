/** One request and what came of it. */
import { html } from "htm/preact";
import { sendAgain } from "../conversation.js";
import { duration, plural } from "../format.js";
import { useTurnAnnouncements } from "../turn-announcements.js";
import { isRunning } from "../turns.js";
import { FileCard } from "./file-card.js";
import { Icon } from "./icon.js";
import { lazy } from "./lazy.js";
import { Notice } from "./notice.js";
import { StepOutputs } from "./outputs.js";
import { StoredPlayer } from "./player.js";
import { TurnActions } from "./turn-actions.js";

const PlanGraph = lazy(() => import("./plan-graph.js"), "PlanGraph");
PlanGraph.prefetch();

export function Turn({ turn: signal, readonly = false }) {
  const turn = signal.value;
  useTurnAnnouncements(turn);
  const stopped = turn.stage === "stopped";
  const onRerun = readonly || !turn.run || isRunning(turn) ? null : (step, change) => sendAgain(turn, step, change);
  return html`<article class="turn" aria-label=${turn.text || "Spoken request"}>
    <div class="asked">
      ${turn.text && html`<p>${turn.spoken && html`<${Icon} name="mic" />`}${turn.text}</p>`}
      ${turn.files.map((file, index) => html`<${FileCard} key=${index} file=${file} />`)}
    </div>
    <div class="answer">
      <${Stage} turn=${turn} />
      ${turn.steps.length > 0 && html`<${PlanGraph} steps=${turn.steps} files=${turn.files} onRerun=${onRerun} />`}
      ${turn.reply && html`<p class="reply">${turn.reply}</p>`}
      ${
        turn.speech &&
        html`<${StoredPlayer} id=${turn.speech} title="Spoken answer" autoplay=${turn.run !== null && turn.spoken} />`
      }
      ${turn.error && !stopped && html`<${Notice} error=${turn.error} />`}
      ${turn.steps.map((step) => html`<${StepOutputs} key=${step.id} step=${step} turn=${turn} />`)}
      ${!readonly && html`<${TurnActions} turn=${turn} signal=${signal} />`}
    </div>
  </article>`;
}

/** One line on how far the turn is. */
function Stage({ turn }) {
  const words = {
    sending: `Uploading ${Math.round(100 * (turn.sent ?? 0))} %`,
    listening: "Listening to the request…",
    planning: "Planning…",
    running: planWords(turn),
    done: turn.steps.length > 0 ? planWords(turn) : null,
    stopped: turn.error?.hint ?? "Stopped.",
    failed: null,
  }[turn.stage];
  if (!words) return null;
  return html`<p class="stage quiet">
    <${Icon} name=${isRunning(turn) ? "loader-circle" : "waypoints"} spin=${isRunning(turn)} />${words}
  </p>`;
}

function planWords({ steps, planningS, planner }) {
  const count = plural(steps.length, "step");
  if (planningS === null) return count;
  const by = { llm: "by the language model", offline: "offline", caller: "by hand" }[planner] ?? planner;
  const took = planner === "caller" ? "" : ` in ${duration(planningS)}`;
  const ends = steps.filter((step) => step.durationS !== null).map((step) => step.startedS + step.durationS);
  const all = steps.every((step) => !["waiting", "running"].includes(step.state));
  return `${count}, planned ${by}${took}${all && ends.length > 0 ? `, ran in ${duration(Math.max(...ends))}` : ""}`;
}
