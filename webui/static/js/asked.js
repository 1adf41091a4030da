/** What a turn was asked with, to be edited or asked again. */
import { getBlob } from "./api.js";
import { asAttachment } from "./attachments.js";
import { artifactPath } from "./media.js";

/** Return the request of a turn; files that this browser no longer keeps come from the server. */
export async function draftOf(turn) {
  if (turn.draft) return { ...turn.draft, text: turn.text };
  const attached = turn.files.filter(({ ref, origin }) => ref && origin === "upload");
  return { text: turn.text, files: await Promise.all(attached.map(fetched)), speech: null, plan: null };
}

async function fetched({ name, ref }) {
  const blob = await getBlob(artifactPath(ref.id));
  return asAttachment(new File([blob], name, { type: ref.media_type }));
}
