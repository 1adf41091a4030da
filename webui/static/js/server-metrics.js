/** What the server counts of itself, in Prometheus' text format. */

const COUNTED = /^audiogpt_http_requests_total\{(.*)\} (\S+)$/gm;

/** Return how many requests were answered, and how many of them with a status of 500 or more. */
export function countRequests(text) {
  const counts = { all: 0, failed: 0 };
  for (const [, labels, count] of text.matchAll(COUNTED)) {
    counts.all += Number(count);
    if (/status="5\d\d"/.test(labels)) counts.failed += Number(count);
  }
  return counts;
}

const CALLS = /^audiogpt_model_calls\{model="([^"]*)",state="(\w+)"\} (\S+)$/gm;

/** Return the calls to each model by its id, as `{running, waiting}`. */
export function countCalls(text) {
  const calls = {};
  for (const [, model, state, count] of text.matchAll(CALLS)) {
    calls[model] = { ...calls[model], [state]: Number(count) };
  }
  return calls;
}
