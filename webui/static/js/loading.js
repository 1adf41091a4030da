/** Answers of the server that a page shows and asks for again. */
import { useEffect, useState } from "preact/hooks";
import { getJson } from "./api.js";
import { apiKey } from "./settings.js";

/**
 * Ask for something while a part of the page is shown.
 * @param {string} path What to ask for.
 * @param {number | null} everyMs How often; once if null.
 * @returns {{value: *, error: Error | null, reload: () => void}}
 */
export function useAnswer(path, everyMs = null) {
  const [answer, setAnswer] = useState({ value: null, error: null });
  const load = () =>
    getJson(path).then(
      (value) => setAnswer({ value, error: null }),
      (error) => setAnswer((before) => ({ ...before, error })),
    );
  useEffect(() => {
    load();
    const timer = everyMs && setInterval(load, everyMs);
    return () => clearInterval(timer);
  }, [path, apiKey.value]);
  return { ...answer, reload: load };
}
