/** The request being written: words, files, and a spoken request instead of words; a reload keeps it. */
import { effect, signal } from "@preact/signals";
import { asAttachment, refusal, room } from "./attachments.js";
import { say } from "./announce.js";
import { discard, keep, kept } from "./vault.js";

export const text = signal(read("text"));
export const files = signal([]);
export const speech = signal(null);
/** Why a file was not taken, in words. */
export const refused = signal(null);
/** Counts up when the words change from elsewhere, so that the field takes the focus. */
export const inserted = signal(0);

/** Resolves once the files of before a reload are back. */
export const restored = kept(tab()).then((before) => {
  if (before) [files.value, speech.value] = [[...before.files, ...files.value], speech.value ?? before.speech];
  effect(keepFiles);
});
effect(() => write("text", text.value));

/** Add files to the request, but for those nothing can be done with. */
export function attach(added) {
  const taken = Array.from(added).filter((file) => !refusal(file));
  const free = room(files.value.length);
  const problems = [...added].map(refusal).filter(Boolean);
  if (taken.length > free.count) problems.push(free.words);
  refused.value = problems.length > 0 ? { message: problems.join(" ") } : null;
  const attached = taken.slice(0, free.count);
  files.value = [...files.value, ...attached.map(asAttachment)];
  if (attached.length > 0) say(`Attached ${attached.map(({ name }) => name).join(", ")}.`);
}

export function detach(key) {
  say(`Removed ${files.value.find((file) => file.key === key)?.name}.`);
  files.value = files.value.filter((file) => file.key !== key);
  refused.value = null;
  inserted.value += 1;
}

/** Add words to the request, as a sentence of their own. */
export function insert(words) {
  const before = text.value.trimEnd();
  text.value = before ? `${before} ${words}` : words;
  inserted.value += 1;
}

export function replace(words) {
  text.value = words;
  inserted.value += 1;
}

/** Take a recording as the request itself. */
export function speak(file) {
  speech.value = asAttachment(file);
}

export function clearDraft() {
  refused.value = null;
  restoreDraft({ text: "", files: [], speech: null });
}

/** Put a request back that was sent before. */
export function restoreDraft(sent) {
  text.value = sent.text;
  files.value = sent.files;
  speech.value = sent.speech;
  inserted.value += 1;
}

function keepFiles() {
  const draft = { files: files.value, speech: speech.value };
  if (draft.files.length > 0 || draft.speech) keep(tab(), draft);
  else discard(tab());
}

/** The key of this tab's draft, which a reload does not change. */
function tab() {
  const known = read("tab") || String(Math.random()).slice(2);
  write("tab", known);
  return `draft:${known}`;
}

function read(name) {
  try {
    return sessionStorage.getItem(`audiogpt.${name}`) ?? "";
  } catch {
    return ""; // closed storage
  }
}

function write(name, value) {
  try {
    sessionStorage.setItem(`audiogpt.${name}`, value);
  } catch {
    // Closed storage: the draft lives as long as the page.
  }
}
