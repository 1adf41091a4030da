/** Start the page. */
import { effect } from "@preact/signals";
import { html } from "htm/preact";
import { render } from "preact";
import { loadTasks } from "./catalog.js";
import { loadLimits } from "./limits.js";
import { loadSessions } from "./own-sessions.js";
import { App } from "./components/app.js";
import { open } from "./conversation.js";
import { pageTitle } from "./page-title.js";
import { route } from "./routes.js";
import { apiKey } from "./settings.js";

effect(() => {
  const { page, id } = route.value;
  if (page === "chat") queueMicrotask(() => open(id));
});
effect(() => {
  apiKey.value; // what is in service may depend on who asks
  if (route.peek().page === "shared" && !apiKey.value) return; // whoever has a link needs no key
  queueMicrotask(() => (loadTasks(), loadLimits(), loadSessions()));
});
effect(() => {
  document.title = pageTitle.value;
});
render(html`<${App} />`, document.getElementById("app"));
