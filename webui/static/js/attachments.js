/** Files that can come with a request, and why others cannot. */
import { bytes } from "./format.js";
import { limits } from "./limits.js";

const MEDIA_KINDS = ["audio", "image", "video"];
const SCORE_NAME = /\.(mid|midi|musicxml|mxl|xml)$/i;
const MEDIA_NAME = /\.(aac|aiff?|amr|ape|caf|flac|m4a|mka|mkv|mp3|mp4|oga|ogg|opus|wav|webm|wma)$/i; // browsers know few

export const ACCEPTED = "audio/*,video/*,image/*,.mid,.midi,.musicxml,.mxl,.xml";

export function asAttachment(file) {
  return { key: `${Date.now()}-${Math.random()}`, name: file.name, kind: kindOf(file), file };
}

/** Return why a file cannot be used, null if it can. */
export function refusal(file) {
  if (file.size === 0) return `${file.name} is empty.`;
  if (file.size > limits.value.max_upload_bytes) {
    return `${file.name} has ${bytes(file.size)}; at most ${bytes(limits.value.max_upload_bytes)} are possible.`;
  }
  if (kindOf(file) !== "data") return null;
  return `${file.name} is neither audio, video, a picture nor a score (MIDI, MusicXML), so nothing can be done with it.`;
}

/** Return how many more files a request may have, and what to say where it has too many. */
export function room(count) {
  const most = limits.value.max_attachments;
  return { count: Math.max(0, most - count), words: `A request can have ${most} files; the others were left out.` };
}

function kindOf(file) {
  if (SCORE_NAME.test(file.name)) return "score";
  const kind = file.type.split("/")[0];
  if (MEDIA_KINDS.includes(kind)) return kind;
  return MEDIA_NAME.test(file.name) ? "audio" : "data";
}
