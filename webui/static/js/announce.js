/** What screen readers are told: one region that is always there, because a new one is not read out. */
import { signal } from "@preact/signals";

export const said = signal("");

/** Say something; the same words twice are said twice. */
export function say(words) {
  said.value = words === said.value ? `${words}\u00a0` : words;
}
