/** Deleting a session, which can be undone for some seconds. */
import { signal } from "@preact/signals";
import { say } from "./announce.js";
import { request } from "./api.js";
import { sessionId } from "./conversation.js";
import { go } from "./routes.js";
import { forgetSession, knownSession, recallSession } from "./sessions.js";

const UNDO_MS = 8_000;

/** The session that will be deleted, and why the last one was not. */
export const leaving = signal(null);
export const deletionError = signal(null);

let timer = 0;

export function remove(id) {
  finish();
  deletionError.value = null;
  leaving.value = knownSession(id);
  forgetSession(id);
  if (sessionId.value === id) go("#/", { replace: true });
  timer = setTimeout(finish, UNDO_MS);
  say("The session was deleted. Undo is possible.");
}

export function undo() {
  clearTimeout(timer);
  recallSession(leaving.value);
  leaving.value = null;
  say("The session is back.");
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
    recallSession(session);
    deletionError.value = error;
  }
}

addEventListener("pagehide", finish);
