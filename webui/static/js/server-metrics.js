/** What the server counts of itself, in Prometheus' text format. */

const SAMPLE = /^ray_audiogpt_(http_requests_total|model_calls)\{([^}]*)\} (\S+)$/gm;
const LABEL = /(\w+)="([^"]*)"/g;

/** Return the samples of a metric, as `{labels, value}`; each process of the server has its own. */
function* samplesOf(metric, text) {
  for (const [, name, labels, value] of text.matchAll(SAMPLE)) {
    if (name !== metric) continue;
    yield { labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, key, told]) => [key, told])), value: Number(value) };
  }
}

/** Return how many requests were answered, and how many of them with a status of 500 or more. */
export function countRequests(text) {
  const counts = { all: 0, failed: 0 };
  for (const { labels, value } of samplesOf("http_requests_total", text)) {
    counts.all += value;
    if (labels.status.startsWith("5")) counts.failed += value;
  }
  return counts;
}

/** Return the calls to each model by its id, as `{running, waiting}`. */
export function countCalls(text) {
  const calls = {};
  for (const { labels, value } of samplesOf("model_calls", text)) {
    const { model, state } = labels;
    calls[model] = { running: 0, waiting: 0, ...calls[model] };
    calls[model][state] += value;
  }
  return calls;
}
