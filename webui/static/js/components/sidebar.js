/** Sessions and pages. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { sessionId } from "../conversation.js";
import { deletionError, remove } from "../deletion.js";
import { ago } from "../format.js";
import { route, sessionAddress } from "../routes.js";
import { may } from "../limits.js";
import { allSessions } from "../own-sessions.js";
import { renameSession } from "../sessions.js";
import { openSettings } from "../settings.js";
import { Icon, IconButton } from "./icon.js";
import { Notice } from "./notice.js";

const SEARCHED_FROM = 6; // sessions that are found at a glance

export function Sidebar({ onClose }) {
  const { page } = route.value;
  const wanted = useSignal("");
  const found = allSessions.value.filter(({ title }) => title.toLowerCase().includes(wanted.value.toLowerCase()));
  const link = (name, label, icon) =>
    html`<a class="nav-link" href=${`#/${name}`} aria-current=${page === name ? "page" : undefined} onClick=${onClose}>
      <${Icon} name=${icon} />${label}
    </a>`;
  return html`<nav class="sidebar" aria-label="Sessions and pages">
    <div class="brand">
      <${Logo} /><strong>AudioGPT</strong>
      <${IconButton} icon="x" label="Close" class="icon-button only-narrow" onClick=${onClose} />
    </div>
    ${link("", "New session", "square-pen")} ${link("tasks", "Single tasks", "sliders-horizontal")}
    ${link("models", "Models", "activity")} ${may("usage:read") && link("usage", "Usage", "gauge")}
    ${may("admin") && link("admin", "Administration", "key")}
    <h2 class="sidebar-title">Sessions</h2>
    ${
      allSessions.value.length >= SEARCHED_FROM &&
      html`<input
        type="search"
        aria-label="Search the sessions"
        placeholder="Search"
        value=${wanted.value}
        onInput=${(event) => (wanted.value = event.target.value)}
      />`
    }
    <ul class="session-list">
      ${found.map((session) => html`<${SessionLink} key=${session.id} session=${session} />`)}
    </ul>
    ${allSessions.value.length === 0 && html`<p class="quiet">What you ask is kept here.</p>`}
    ${allSessions.value.length > 0 && found.length === 0 && html`<p class="quiet">No session has that in its name.</p>`}
    ${deletionError.value && html`<${Notice} error=${deletionError.value} />`}
    <button type="button" class="nav-link nav-end" onClick=${() => openSettings()}>
      <${Icon} name="settings" />Settings
    </button>
  </nav>`;
}

function SessionLink({ session }) {
  const current = route.value.page === "chat" && sessionId.value === session.id;
  const renaming = useSignal(false);
  const title = session.title || "Spoken request";
  const onRemove = (event) => {
    const row = event.currentTarget.closest("li");
    const next = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("a");
    (next ?? document.querySelector(".sidebar .nav-link")).focus(); // this row goes, with the focus in it
    remove(session);
  };
  if (renaming.value) {
    const done = () => (renaming.value = false);
    return html`<li><${TitleField} session=${session} title=${title} onDone=${done} /></li>`;
  }
  return html`<li>
    <a href=${sessionAddress(session.id)} aria-current=${current ? "page" : undefined}>
      <span class="session-title">${title}</span>
      <span class="quiet">${ago(session.updated)}</span>
    </a>
    <span class="session-tools">
      <${IconButton}
        icon="square-pen"
        label=${`Rename the session ${title}`}
        onClick=${() => (renaming.value = true)}
      />
      <${IconButton} icon="trash-2" label=${`Delete the session ${title}`} onClick=${onRemove} />
    </span>
  </li>`;
}

function TitleField({ session, title, onDone }) {
  const rename = (event) => {
    const chosen = event.target.value.trim();
    if (chosen) renameSession(session, chosen);
    onDone();
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter") rename(event);
    if (event.key !== "Escape") return;
    event.stopPropagation(); // the menu stays open
    onDone();
  };
  return html`<input
    type="text"
    aria-label="Name of the session"
    maxlength="80"
    ref=${(field) => field?.focus()}
    defaultValue=${title}
    onKeyDown=${onKeyDown}
    onBlur=${rename}
  />`;
}

export function Logo() {
  return html`<svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
    <path d="M5 14v4M10.5 9v14M16 5v22M21.5 10v12M27 14v4" />
  </svg>`;
}
