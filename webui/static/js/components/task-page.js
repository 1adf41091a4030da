/** Single tasks: the list of them, and one as a form. */
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { loadTasks, taskOf, tasks, tasksError } from "../catalog.js";
import { title } from "../format.js";
import { loadModels, models, modelsError } from "../models.js";
import { taskAddress } from "../routes.js";
import { Icon, familyIcon } from "./icon.js";
import { Notice } from "./notice.js";
import { TaskForm } from "./task-form.js";

export function TaskPage({ id }) {
  useEffect(() => {
    loadTasks(); // what is live may have changed
    loadModels();
  }, [id]);
  if (tasksError.value) return html`<div class="tasks"><${Notice} error=${tasksError.value} /></div>`;
  const task = taskOf(id);
  const known = models.value.length > 0 || modelsError.value; // what lists of languages and voices are made of
  if (task && !known) return html`<div class="tasks"></div>`;
  if (task) return html`<div class="tasks"><${TaskForm} key=${id} task=${task} /></div>`;
  return html`<div class="tasks">
    <h1>Single tasks</h1>
    <p class="quiet">One task with exactly these arguments; nothing is planned.</p>
    ${Object.entries(Object.groupBy(tasks.value, ({ family }) => family)).map(
      ([family, members]) =>
        html`<section key=${family}>
          <h2>${title(family)}</h2>
          <ul class="task-list">
            ${members.map((member) => html`<${TaskLink} key=${member.id} task=${member} />`)}
          </ul>
        </section>`,
    )}
  </div>`;
}

function TaskLink({ task }) {
  return html`<li>
    <a href=${taskAddress(task.id)} data-live=${task.live}>
      <${Icon} name=${familyIcon(task.family)} />
      <span>
        <strong>${title(task.id)}</strong>
        <span class="quiet">${task.live ? task.summary : `Not in service: ${task.reason}`}</span>
      </span>
    </a>
  </li>`;
}
