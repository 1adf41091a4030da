/** Deleting a session, which can be undone for some seconds. */
import { signal } from "@preact/signals";
import { say } from "./announce.js";
import { request } from "./api.js";
import { sessionId } from "./conversation.js";
import { go } from "./routes.js";
import { forgetSession, recallSession } from "./sessions.js";

const UNDO_MS = 8_000;

/** The session that will be deleted, and why the last one was not. */
export const leaving = signal(null);
/** Ids of what was deleted on this visit, also where the server still lists it. */
export const gone = signal(new Set());
export const deletionError = signal(null);

let timer = 0;

export function remove(session) {
  finish();
  deletionError.value = null;
  leaving.value = session;
  gone.value = new Set([...gone.value, session.id]);
  forgetSession(session.id);
  if (sessionId.value === session.id) go("#/", { replace: true });
  timer = setTimeout(finish, UNDO_MS);
  say("The session was deleted. Undo is possible.");
}

export function undo() {
  clearTimeout(timer);
  bringBack(leaving.value);
  leaving.value = null;
  say("The session is back.");
}

function bringBack(session) {
  gone.value = new Set([...gone.value].filter((id) => id !== session.id));
  recallSession(session);
}

/** Delete on the server what cannot be undone any more. */
async function finish() {
  clearTimeout(timer);
  const session = leaving.value;
  if (!session) return;
  leaving.value = null;
  try {
    await request(`v1/sessions/${session.id}`, { method: "DELETE", keepalive: true });
  } catch (error) {
    if (error.status === 404) return;
    bringBack(session);
    deletionError.value = error;
  }
}

addEventListener("pagehide", finish);
