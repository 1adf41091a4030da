/** What the server takes at most, and what it permits to whoever asks. */
import { signal } from "@preact/signals";
import { getJson } from "./api.js";

/** Without bounds and permissions until the server has told them. */
export const limits = signal({ max_attachments: Infinity, max_upload_bytes: Infinity, permissions: [] });

export const may = (permission) => limits.value.permissions.includes(permission);

export async function loadLimits() {
  limits.value = await getJson("v1/limits").catch(() => limits.value); // the server checks them again
}
