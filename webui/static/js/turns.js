/**
 * Turns of a dialogue as plain values: a request, the plan it became, what ran and the reply.
 *
 * A turn is what its events say, whether they come live or are read again after a reload.
 */

const ENDED = ["done", "failed", "skipped", "cancelled"];

/** Return a turn that was just sent. `files` are `{name, kind, file?, ref?}`. */
export function newTurn({ text, files = [], spoken = false }) {
  return {
    text,
    files,
    spoken,
    sent: null,
    stage: spoken ? "listening" : "planning",
    planner: null,
    planningS: null,
    outcome: null,
    steps: [],
    startedAt: null,
    reply: null,
    speech: null,
    error: null,
    artifacts: [],
    run: null,
    index: null,
    draft: null,
  };
}

/** Return the turn after an event of `router/events.py`; the turn itself is not changed. */
export function withEvent(turn, event) {
  switch (event.type) {
    case "transcribed":
      return { ...turn, text: event.text, stage: "planning" };
    case "planned":
      return planned(turn, event);
    case "resumed": // another process goes on: what was not done waits again
      return { ...turn, steps: turn.steps.map((step) => (ENDED.includes(step.state) ? step : newStep(step))) };
    case "step_started":
      return withStep(turn, event.step, {
        state: "running",
        model: event.model,
        loading: event.loading,
        place: 0,
        waitS: null,
        startedS: event.at_s,
        since: now(),
      });
    case "step_queued":
      return withStep(turn, event.step, { place: event.place, waitS: event.wait_s, since: now() });
    case "step_progress":
      return withStep(turn, event.step, { fraction: event.fraction });
    case "step_retried":
      return withRetry(turn, event);
    case "step_ended":
      return withStep(turn, event.result.id, resultOf(event.result));
    case "replied":
      return replied(turn, event);
    case "failed":
      return failed(turn, event.error);
    default:
      return turn; // told by a newer server
  }
}

/** Return the turn as ended without an answer; steps that had not ended did not run to their end. */
export function failed(turn, error) {
  const steps = turn.steps.map((step) => (ENDED.includes(step.state) ? step : { ...step, state: "cancelled" }));
  return { ...turn, steps, stage: error.code === "cancelled" ? "stopped" : "failed", error };
}

/** Return a turn from what the session remembers, where its events are gone. */
export function rememberedTurn(turn, artifacts) {
  const own = artifacts.filter((artifact) => artifact.turn === turn.index);
  const steps = (turn.plan?.steps ?? []).map((step) => rememberedStep(step, turn, own));
  return {
    ...newTurn({ text: turn.text, files: filesOf(own), spoken: turn.spoken }),
    stage: "done",
    index: turn.index,
    outcome: turn.plan ? { kind: "plan", plan: turn.plan } : { kind: turn.outcome },
    steps,
    reply: turn.reply,
    artifacts: own,
  };
}

/** Return what a person sent with a turn, from the session's table. */
export function filesOf(artifacts) {
  return artifacts
    .filter((artifact) => artifact.origin !== "output")
    .map(({ name, ref, file_name: fileName, origin }) => ({
      name: origin === "speech" ? "Spoken request" : (fileName ?? name),
      artifact: name,
      kind: ref.kind,
      origin,
      ref,
    }));
}

export const isRunning = (turn) => ["sending", "listening", "planning", "running"].includes(turn.stage);

function planned(turn, event) {
  const steps = event.outcome.kind === "plan" ? event.outcome.plan.steps.map(newStep) : [];
  const stage = steps.length > 0 ? "running" : turn.stage;
  return { ...turn, planner: event.planner, planningS: event.duration_s, outcome: event.outcome, steps, stage };
}

function newStep(step) {
  return {
    id: step.id,
    task: step.task,
    arguments: step.arguments,
    model: step.model,
    state: "waiting",
    fraction: null,
    loading: false,
    place: 0,
    waitS: null,
    since: null,
    startedS: null,
    durationS: null,
    retries: [],
    outputs: {},
    artifacts: {},
    error: null,
  };
}

function withStep(turn, id, change) {
  return { ...turn, steps: turn.steps.map((step) => (step.id === id ? { ...step, ...change } : step)) };
}

function withRetry(turn, event) {
  const step = turn.steps.find(({ id }) => id === event.step);
  const retries = [...(step?.retries ?? []), { from: step?.model, model: event.model, error: event.error }];
  return withStep(turn, event.step, { retries, model: event.model, place: 0, waitS: null, fraction: null });
}

function resultOf(result) {
  return {
    state: result.state,
    model: result.model,
    outputs: result.outputs,
    artifacts: result.artifacts,
    error: result.error,
    startedS: result.started_s,
    durationS: result.duration_s,
    fraction: null,
  };
}

function replied(turn, event) {
  const results = new Map(event.results.map((result) => [result.id, resultOf(result)]));
  return {
    ...turn,
    steps: turn.steps.map((step) => ({ ...step, ...results.get(step.id) })),
    stage: "done",
    outcome: event.outcome,
    index: event.turn,
    reply: event.text,
    speech: event.audio,
    artifacts: event.artifacts,
    files: event.artifacts.some(({ origin }) => origin !== "output") ? filesOf(event.artifacts) : turn.files,
  };
}

function rememberedStep(step, turn, artifacts) {
  const made = artifacts.filter((artifact) => artifact.step === step.id);
  const texts = Object.entries(turn.outputs).filter(([path]) => path.startsWith(`${step.id}.`));
  return {
    ...newStep(step),
    state: made.length > 0 || texts.length > 0 ? "done" : "unknown",
    outputs: Object.fromEntries(texts.map(([path, text]) => [path.slice(step.id.length + 1), text])),
    artifacts: Object.fromEntries(made.map(({ output, ref }) => [output, ref])),
  };
}

const now = () => performance.now();
