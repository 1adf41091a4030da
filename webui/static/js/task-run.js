/** One task run by hand as a hook: how far the sending is, what came of it, and how to stop it. */
import { useRef, useState } from "preact/hooks";
import { say } from "./announce.js";
import { post, upload } from "./api.js";
import { title } from "./format.js";

const IDLE = { running: false, words: null, error: null, result: null };

/** @param {string} task Its id. */
export function useTaskRun(task) {
  const [state, setState] = useState(IDLE);
  const stopping = useRef(null);
  const start = async (body, model, values) => {
    stopping.current = new AbortController();
    setState({ ...IDLE, running: true, words: "Running…" });
    say("Running.");
    try {
      const query = model ? `?${new URLSearchParams({ model })}` : "";
      const step = await send(`v1/tasks/${task}${query}`, body, stopping.current.signal, (sent) =>
        setState({ ...IDLE, running: true, words: sent < 1 ? `Uploading ${Math.round(100 * sent)} %` : "Running…" }),
      );
      setState({ ...IDLE, result: asStep(step, values) });
      say(`${title(task)} is done.`);
    } catch (error) {
      setState(error.name === "AbortError" ? IDLE : { ...IDLE, error });
    }
  };
  return { ...state, start, stop: () => stopping.current.abort() };
}

function send(path, body, signal, onProgress) {
  return body instanceof FormData ? upload(path, body, { signal, onProgress, whole: true }) : post(path, body, { signal });
}

function asStep({ duration_s: durationS, started_s: startedS, ...rest }, values) {
  return { ...rest, arguments: values, durationS, startedS };
}
