/** Numbers and names as people read them. */

/** Seconds as `0.4 s`, `12 s` or `3 min 20 s`. */
export function duration(seconds) {
  if (seconds == null) return "";
  if (seconds < 0.1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** A position in a sound, as `0:03.2`. */
export function position(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(1).padStart(4, "0")}`;
}

export function bytes(count) {
  if (count < 1000) return `${count} B`;
  return count < 1e6 ? `${Math.round(count / 1000)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

/** A moment as `just now`, `5 min ago`, `3 h ago` or a date. */
export function ago(milliseconds) {
  const minutes = Math.floor((Date.now() - milliseconds) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return new Date(milliseconds).toLocaleDateString();
}

/** `speech-enhancement` as `Speech enhancement`. */
export function title(name) {
  const words = name.replaceAll(/[-_]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function plural(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

const ENDINGS = { one: "st", two: "nd", few: "rd", other: "th" };
const ranks = new Intl.PluralRules("en", { type: "ordinal" });

/** `3` as `3rd`. */
export function ordinal(number) {
  return `${number}${ENDINGS[ranks.select(number)]}`;
}

const EXTENSIONS = {
  "audio/wav": ".wav",
  "audio/midi": ".mid",
  "application/vnd.recordare.musicxml": ".mxl",
  "application/vnd.recordare.musicxml+xml": ".musicxml",
  "application/x-npz": ".npz",
  "image/png": ".png",
  "image/jpeg": ".jpg",
  "text/plain": ".txt",
  "video/mp4": ".mp4",
};

export function fileName(name, mediaType) {
  return `${name}${EXTENSIONS[mediaType] ?? ""}`;
}
