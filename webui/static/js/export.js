/** A session as a text to keep. */
import { title } from "./format.js";

/** Return a session's turns in Markdown; `turns` are signals. */
export function asMarkdown(name, turns) {
  return [`# ${name}`, ...turns.map(({ value }) => turnText(value))].join("\n\n") + "\n";
}

function turnText({ text, files, steps, reply }) {
  const said = text.split("\n").map((line) => `> ${line}`);
  const with_ = files.map(({ name }) => `> (${name})`);
  return [[...said, ...with_].join("\n"), reply ?? "", ...steps.flatMap(stepTexts)].filter(Boolean).join("\n\n");
}

function stepTexts({ task, state, outputs, artifacts }) {
  if (state !== "done") return [`**${title(task)}**: ${state}`];
  return Object.keys(artifacts)
    .filter((name) => typeof outputs[name] === "string")
    .map((name) => `**${title(task)}**\n\n${outputs[name]}`);
}
