/** What the server takes at most. */
import { signal } from "@preact/signals";
import { getJson } from "./api.js";

/** `{max_attachments, max_upload_bytes}`; without bounds until the server has told them. */
export const limits = signal({ max_attachments: Infinity, max_upload_bytes: Infinity });

export async function loadLimits() {
  limits.value = await getJson("v1/limits").catch(() => limits.value); // the server checks them again
}
