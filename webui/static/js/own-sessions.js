/** All sessions a person sees: those of this browser, and where keys tell people apart, one's own on the server. */
import { computed, signal } from "@preact/signals";
import { getJson } from "./api.js";
import { gone } from "./deletion.js";
import { sessions } from "./sessions.js";
import { apiKey } from "./settings.js";

const MAX_LISTED = 200;

const listed = signal([]);

/** `{id, title, updated, runs}`, the last used first. */
export const allSessions = computed(() => {
  const known = new Map(listed.value.map((session) => [session.id, session]));
  for (const session of sessions.value) known.set(session.id, merged(session, known.get(session.id)));
  return [...known.values()].filter(({ id }) => !gone.value.has(id)).sort((a, b) => b.updated - a.updated);
});

/** Ask the server; without a key all who come are one to it, and what it knows is not one's own. */
export async function loadSessions() {
  if (!apiKey.value) {
    listed.value = [];
    return;
  }
  try {
    const { data } = await getJson(`v1/sessions?limit=${MAX_LISTED}`);
    listed.value = data.filter(({ turns }) => turns > 0).map(asSession);
  } catch {
    // a key that permits no sessions, or a server that is away: this browser's own are shown
  }
}

document.addEventListener("visibilitychange", () => document.hidden || loadSessions());

const asSession = ({ id, title, updated }) => ({ id, title, updated: updated * 1000, runs: [] });

/** A session of both: this browser knows its runs and the name a person gave it. */
function merged(own, theirs) {
  return { ...own, title: own.title || theirs?.title || "", updated: Math.max(own.updated ?? 0, theirs?.updated ?? 0) };
}
