/** The title of the tab: what is shown, and whether something runs. */
import { computed } from "@preact/signals";
import { taskOf } from "./catalog.js";
import { busy, sessionId } from "./conversation.js";
import { title } from "./format.js";
import { route } from "./routes.js";
import { knownSession } from "./sessions.js";

const NAME = "AudioGPT";
const PAGES = { tasks: "Single tasks", models: "Models", shared: "A shared session", usage: "Usage", admin: "Administration" };

export const pageTitle = computed(() => {
  const { page, id } = route.value;
  const shown = page === "tasks" && taskOf(id) ? title(id) : (PAGES[page] ?? knownSession(sessionId.value)?.title);
  return [busy.value && "Working", shown, NAME].filter(Boolean).join(" – ");
});
