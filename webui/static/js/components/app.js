/** The frame: sessions at the side, a page, and what opens over it. */
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { useMenu } from "../menu.js";
import { route } from "../routes.js";
import { scoreOpen } from "../score-open.js";
import { settingsOpen } from "../settings.js";
import { LiveRegion } from "./announcer.js";
import { Conversation } from "./conversation.js";
import { Dialog } from "./dialog.js";
import { DropZone } from "./drop-zone.js";
import { IconButton } from "./icon.js";
import { lazy } from "./lazy.js";
import { Sidebar } from "./sidebar.js";
import { UndoToast } from "./toast.js";

const PAGES = {
  chat: Conversation,
  tasks: lazy(() => import("./task-page.js"), "TaskPage"),
  models: lazy(() => import("./model-page.js"), "ModelPage"),
  usage: lazy(() => import("./usage-page.js"), "UsagePage"),
  admin: lazy(() => import("./admin-page.js"), "AdminPage"),
  shared: lazy(() => import("./shared-page.js"), "SharedPage"),
};
const ScoreEditor = lazy(() => import("./score-editor.js"), "ScoreEditor");
const Settings = lazy(() => import("./settings.js"), "Settings");

export function App() {
  const menu = useMenu();
  const { page, id, link } = route.value;
  useEffect(menu.close, [page, id]);
  return html`
    <a class="skip" href="#main" inert=${menu.isOpen} onClick=${skipToMain}>Skip to the content</a>
    <${LiveRegion} />
    <div class="frame" data-menu=${menu.isOpen ? "open" : "closed"} onKeyDown=${menu.onKeyDown}>
      <${Sidebar} onClose=${menu.close} />
      <div class="backdrop" onClick=${menu.close}></div>
      <div class="page" inert=${menu.isOpen}>
        <header class="topbar">
          <${IconButton} icon="menu" label="Sessions and pages" aria-expanded=${menu.isOpen} onClick=${menu.open} />
          <strong>AudioGPT</strong>
        </header>
        <main id="main" tabindex="-1"><${PAGES[page]} id=${id} link=${link} /></main>
      </div>
    </div>
    <${DropZone} page=${page} />
    <${Dialog} open=${settingsOpen} title="Settings"><${Settings} /><//>
    <${Dialog} open=${scoreOpen} title="Score editor" wide><${ScoreEditor} /><//>
    <${UndoToast} />
  `;
}

function skipToMain(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}
