/** The dialogue on the screen: opened from the server, grown by sending requests. */
import { computed, signal } from "@preact/signals";
import { ApiError, getJson, post, request, upload } from "./api.js";
import { say } from "./announce.js";
import { draftOf } from "./asked.js";
import { clearDraft, restoreDraft } from "./draft.js";
import { go, route, sessionAddress } from "./routes.js";
import { cancelRun, followRun, pastEvents, startRun } from "./runs.js";
import { forgetRuns, knownSession, rememberRun, rememberSession } from "./sessions.js";
import { failed, filesOf, isRunning, newTurn, rememberedTurn, withEvent } from "./turns.js";
import { keep, kept } from "./vault.js";

export const sessionId = signal(null);
/** One signal per turn, so that an event draws only its own turn again. */
export const turns = signal([]);
export const opening = signal(false);
export const openError = signal(null);
export const busy = computed(() => turns.value.some((turn) => isRunning(turn.value)));

const NOTHING = { files: [], speech: null, plan: null };
const MAX_REPLAYED = 30; // runs read again when a session is opened; earlier turns are shown as remembered

let following = new AbortController();

/** Show another session, or an empty dialogue for null. */
export async function open(id) {
  if (id === sessionId.value && !openError.value) return;
  leave();
  sessionId.value = id;
  if (id === null) return;
  opening.value = true;
  try {
    const session = await getJson(`v1/sessions/${id}`);
    if (sessionId.value === id) await show(session);
  } catch (error) {
    if (sessionId.value === id) openError.value = error;
  } finally {
    opening.value = false;
  }
}

function leave() {
  following.abort();
  following = new AbortController();
  turns.value = [];
  openError.value = null;
  opening.value = false;
}

/** Show a session: with the events of this browser's runs where they are still kept, else as it is remembered. */
async function show(session) {
  const runs = knownSession(session.id)?.runs.slice(-MAX_REPLAYED) ?? [];
  const told = await Promise.all(
    runs.map((run) =>
      pastEvents(run.id).then(
        (past) => asTurn(past, run.text, session),
        () => null,
      ),
    ),
  );
  if (sessionId.value !== session.id) return;
  const byIndex = new Map(told.filter((turn) => turn?.index != null).map((turn) => [turn.index, turn]));
  const kept = session.turns.map((turn) => byIndex.get(turn.index) ?? rememberedTurn(turn, session.artifacts));
  // Also what was answered between the reading of the session and that of its runs.
  const newer = told.filter((turn) => turn && !session.turns.some(({ index }) => index === turn.index));
  turns.value = [...kept, ...newer].map((turn) => signal(turn));
  rememberSession(session.id, session.turns[0]?.text ?? "");
  for (const turn of turns.value) {
    if (isRunning(turn.value)) follow(turn, turn.value.run, turn.value.seen);
  }
}

/** Build a turn from the events of its run; `index` is its place in the session once it was answered. */
async function asTurn({ run, events, after }, text, session) {
  const index = events.find(({ type }) => type === "replied")?.turn;
  const draft = await kept(draftKey(run.id));
  const own = filesOf(session.artifacts.filter((artifact) => artifact.turn === index));
  const files = own.length > 0 || !draft ? own : shownFiles(draft);
  const spoken = events.some(({ type }) => type === "transcribed") || Boolean(draft?.speech);
  const turn = events.reduce(withEvent, newTurn({ text, files, spoken }));
  return { ...turn, run: run.id, seen: after, index, draft };
}

/**
 * Send a request and follow what becomes of it.
 * @param {{text: string, files: object[], speech?: object, plan?: object}} draft What to send; files hold `file`.
 */
export function send({ text, files, speech = null, plan = null }) {
  const draft = { text, files, speech, plan };
  clearDraft();
  return pursue(draft, shownFiles(draft), (turn, signal) => begin(draft, turn, signal));
}

/** Run a step of an ended turn again, changed; what depends on it runs with it, the rest is kept. */
export function sendAgain(turn, step, change) {
  const draft = turn.draft ?? { ...NOTHING, text: turn.text };
  return pursue(draft, turn.files, () => post(`v1/runs/${turn.run}/rerun`, { step: step.id, ...change }));
}

/** Show a turn, have its run started and follow what becomes of it. */
async function pursue(draft, files, start) {
  const { text, speech } = draft;
  const stop = new AbortController();
  const here = following.signal;
  const turn = signal({ ...newTurn({ text, files, spoken: Boolean(speech) }), draft, stop });
  turns.value = [...turns.value, turn];
  try {
    const run = await start(turn, stop.signal);
    rememberRun(run.session_id, run.id, text);
    const keeping = keep(draftKey(run.id), draft);
    turn.value = { ...turn.value, run: run.id };
    if (stop.signal.aborted) await cancelRun(run.id); // it was too late to stop the sending
    if (here.aborted) return; // another session is shown by now
    sessionId.value = run.session_id;
    keeping.then(() => here.aborted || showAddress(run.session_id)); // a reload from here on finds the draft
    await follow(turn, run.id, 0);
  } catch (error) {
    turn.value = failed(turn.value, described(error));
  }
}

function showAddress(id) {
  if (route.value.page === "chat") go(sessionAddress(id), { replace: true });
}

const draftKey = (runId) => `run:${runId}`;

function shownFiles({ files, speech }) {
  return speech ? [...files, { name: "Spoken request", kind: "audio", file: speech.file }] : files;
}

function begin({ text, files, speech, plan }, turn, signal) {
  if (plan) return startRun({ text, plan, ...(sessionId.value && { session_id: sessionId.value }) });
  const form = new FormData();
  if (speech) form.set("speech", speech.file, speech.file.name);
  else form.set("text", text);
  for (const { file } of files) form.append("files", file, file.name);
  if (sessionId.value) form.set("session_id", sessionId.value);
  const onProgress = (sent) => {
    if (files.length === 0 && !speech) return;
    turn.value = { ...turn.value, sent, stage: sent < 1 ? "sending" : newTurn({ spoken: Boolean(speech) }).stage };
  };
  return upload("v1/runs", form, { onProgress, signal });
}

async function follow(turn, runId, after) {
  const { signal: stop } = following;
  try {
    await followRun(runId, (event) => (turn.value = withEvent(turn.value, event)), { after, signal: stop });
    rememberSession(sessionId.value, turn.value.text);
  } catch (error) {
    if (!stop.aborted) turn.value = failed(turn.value, described(error));
  }
}

/** Take a turn back with those after it, as if they had not been asked. */
export async function takeBack(turn) {
  try {
    const draft = await draftOf(turn.value).catch(() => ({ ...NOTHING, text: turn.value.text })); // deleted files
    await request(`v1/sessions/${sessionId.value}/turns/${turn.value.index}`, { method: "DELETE" });
    const taken = turns.value.splice(turns.value.indexOf(turn));
    turns.value = [...turns.value];
    forgetRuns(
      sessionId.value,
      taken.map(({ value }) => value.run),
    );
    restoreDraft(draft);
    say("The request was taken back.");
  } catch (error) {
    turn.value = { ...turn.value, error: described(error) };
  }
}

/** Stop what is running: at once what is still being sent, else by asking the server. */
export async function stop() {
  for (const turn of turns.value.filter(({ value }) => isRunning(value))) {
    turn.value.stop?.abort();
    try {
      if (turn.value.run) await cancelRun(turn.value.run);
    } catch (error) {
      turn.value = failed(turn.value, described(error));
    }
  }
}

function described(error) {
  if (error.name === "AbortError") return { code: "cancelled", message: "Stopped before it was sent." };
  if (!(error instanceof ApiError)) throw error;
  return { code: error.code, message: error.message, hint: error.hint };
}
