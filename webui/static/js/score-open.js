/** Whether the score editor is open; apart from the score, which is fetched with its editor. */
import { signal } from "@preact/signals";

export const scoreOpen = signal(false);
