/** The dialogues this browser knows, with their runs and the names a person gave them. */
import { stored } from "./storage.js";

const MAX_SESSIONS = 100;
const MAX_TITLE = 60;

/** `{id, title, updated, runs}`, the last used first; `runs` holds `{id, text}` of every request, in order. */
export const sessions = stored("sessions", []);

export const knownSession = (id) => sessions.value.find((session) => session.id === id);

/** Note a new run of a session, which thereby becomes the first of the list. */
export function rememberRun(id, runId, text) {
  sessions.change((all) => {
    const known = find(all, id) ?? { id, title: text.slice(0, MAX_TITLE), runs: [] };
    return first({ ...known, updated: Date.now(), runs: [...known.runs, { id: runId, text }] }, all);
  });
}

/** Note a session that was opened by its address, or the words of its first request once they are known. */
export function rememberSession(id, text) {
  if (!text || knownSession(id)?.title) return;
  sessions.change((all) => {
    const known = { runs: [], updated: Date.now(), ...find(all, id) };
    return first({ ...known, id, title: text.slice(0, MAX_TITLE) }, all);
  });
}

/** Forget runs of a session, which were taken back. */
export function forgetRuns(id, runIds) {
  const kept = (session) => ({ ...session, runs: session.runs.filter((run) => !runIds.includes(run.id)) });
  sessions.change((all) => all.map((session) => (session.id === id ? kept(session) : session)));
}

/** Give a session the name a person chose. */
export function renameSession(session, title) {
  const named = (all) => [...all.filter(({ id }) => id !== session.id), { ...session, ...find(all, session.id), title }];
  sessions.change((all) => named(all).sort((a, b) => b.updated - a.updated));
}

export function forgetSession(id) {
  sessions.change((all) => all.filter((session) => session.id !== id));
}

/** Put a session back that was forgotten. */
export function recallSession(session) {
  sessions.change((all) => (find(all, session.id) ? all : [...all, session].sort((a, b) => b.updated - a.updated)));
}

const find = (all, id) => all.find((session) => session.id === id);

function first(session, all) {
  return [session, ...all.filter(({ id }) => id !== session.id)].slice(0, MAX_SESSIONS);
}
