/** Transcripts as subtitle files. */

/** Return segments of `{start, end, text}`, in seconds, as SubRip. */
export function asSrt(segments) {
  const cue = ({ start, end, text }, index) => `${index + 1}\n${clock(start, ",")} --> ${clock(end, ",")}\n${text.trim()}\n`;
  return segments.map(cue).join("\n");
}

/** Return segments as WebVTT. */
export function asVtt(segments) {
  const cue = ({ start, end, text }) => `${clock(start, ".")} --> ${clock(end, ".")}\n${text.trim()}\n`;
  return ["WEBVTT\n", ...segments.map(cue)].join("\n");
}

function clock(seconds, separator) {
  const milliseconds = Math.round(seconds * 1000);
  const parts = [Math.floor(milliseconds / 3_600_000), Math.floor(milliseconds / 60_000) % 60];
  parts.push(Math.floor(milliseconds / 1000) % 60);
  const [hours, minutes, rest] = parts.map((part) => String(part).padStart(2, "0"));
  return `${hours}:${minutes}:${rest}${separator}${String(milliseconds % 1000).padStart(3, "0")}`;
}
