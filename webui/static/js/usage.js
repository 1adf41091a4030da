/** What calls to models came to, as the server reports it. */
import { duration } from "./format.js";

const DAY_MS = 24 * 3600 * 1000;
export const DAYS = 30;

const seconds = (value) => (value === 0 ? "0 s" : duration(value));

/** What can be drawn of it: how to read it, and how to say it. */
export const MEASURES = {
  model_s: { label: "Time of models", words: seconds },
  calls: { label: "Calls", words: (value) => value.toLocaleString() },
  audio_in_s: { label: "Audio heard", words: seconds },
  audio_out_s: { label: "Audio made", words: seconds },
  characters: { label: "Characters", words: (value) => value.toLocaleString() },
};

/** Return the query of the last days, by a day, model or tenant. */
export function lastDays(by) {
  const since = new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS - (DAYS - 1) * DAY_MS);
  return `by=${by}&since=${encodeURIComponent(since.toISOString())}`;
}

/** Return the days of a report, also those without a call, as `{name, usage}`. */
export function days({ rows }) {
  const known = new Map(rows.map(({ of, usage }) => [of.slice(0, 10), usage]));
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  return Array.from({ length: DAYS }, (_, index) => {
    const name = new Date(today - (DAYS - 1 - index) * DAY_MS).toISOString().slice(0, 10);
    return { name, usage: known.get(name) ?? null };
  });
}
