/** Copies a text, and says so. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { say } from "../announce.js";
import { copyText } from "../clipboard.js";
import { IconButton } from "./icon.js";

const SHOWN_MS = 1_500;

export function CopyButton({ text, label = "Copy" }) {
  const copied = useSignal(null);
  const copy = async () => {
    copied.value = await copyText(text);
    say(copied.value ? "Copied." : "The browser does not let this page copy; select the text instead.");
    if (copied.value) setTimeout(() => (copied.value = null), SHOWN_MS);
  };
  return html`<${IconButton} icon=${copied.value ? "check" : "copy"} label=${label} onClick=${copy} />
    ${copied.value === false && html`<span class="quiet">Not allowed here; select the text instead.</span>`}`;
}
