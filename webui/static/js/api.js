/** The HTTP API: requests with the API key, and errors that say what to do. */
import { apiKey, openSettings } from "./settings.js";

/** An answer that is not a success, in the server's words where it gave any. */
export class ApiError extends Error {
  constructor(message, { hint = null, code = "unknown", status = 0, param = null, requestId = null } = {}) {
    super(message);
    Object.assign(this, { hint, code, status, param, requestId });
  }
}

/**
 * Send a request and return its response.
 * @param {string} path Path below the page, such as `v1/tasks`.
 * @param {RequestInit} options As for `fetch`.
 * @throws {ApiError} If the server cannot be reached or refuses.
 */
export async function request(path, options = {}) {
  const headers = new Headers(options.headers);
  if (apiKey.value && !isOpen(path)) headers.set("Authorization", bearer());
  let response;
  try {
    response = await fetch(new URL(path, document.baseURI), { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw unreachable();
  }
  if (!response.ok) throw await readError(response);
  return response;
}

export async function getJson(path, options) {
  return (await request(path, options)).json();
}

/** POST a form, or anything else as JSON, and return the JSON answer. */
export async function post(path, body, options = {}) {
  const isForm = body instanceof FormData;
  const headers = isForm ? {} : { "Content-Type": "application/json" };
  const sent = isForm ? body : JSON.stringify(body);
  return (await request(path, { ...options, method: "POST", headers, body: sent })).json();
}

/**
 * POST a form as `post` does, and tell how much of it is sent, which `fetch` cannot.
 * @param {{onProgress: (fraction: number) => void, signal: AbortSignal, whole?: boolean}} options `signal` stops what is
 *   not yet sent, and where `whole` is set also the waiting for the answer.
 */
export async function upload(path, form, { onProgress, signal, whole = false }) {
  const sending = new XMLHttpRequest();
  const stop = () => sending.abort();
  sending.open("POST", new URL(path, document.baseURI));
  if (apiKey.value) sending.setRequestHeader("Authorization", bearer());
  sending.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
  sending.upload.onload = () => {
    onProgress(1);
    if (!whole) signal.removeEventListener("abort", stop);
  };
  signal.addEventListener("abort", stop);
  const response = await new Promise((resolve, reject) => {
    sending.onload = () => resolve(new Response(sending.response, { status: sending.status }));
    sending.onerror = () => reject(unreachable());
    sending.onabort = () => reject(new DOMException("Stopped.", "AbortError"));
    sending.send(form);
  });
  if (!response.ok) throw await readError(response);
  return response.json();
}

export async function getBlob(path, options) {
  return (await request(path, options)).blob();
}

/** Whether a path opens by the link in it, on behalf of whoever shared it. */
const isOpen = (path) => /[?&]link=/.test(path);

const bearer = () => `Bearer ${apiKey.value}`;

function unreachable() {
  return new ApiError("The server cannot be reached.", { hint: "Check that it is running.", code: "unreachable" });
}

const STATUS_WORDS = {
  401: "The server wants an API key.",
  403: "This API key does not allow that.",
  413: "That is too large for the server.",
  429: "Too many requests; wait a moment.",
  502: "The server is starting or was restarted; try again in a moment.",
  503: "The server is busy or still starting; try again in a moment.",
  504: "The server took too long to answer.",
};

async function readError(response) {
  const { status } = response;
  const body = await response.json().catch(() => null);
  const told = body?.error ?? {};
  const message = told.message ?? STATUS_WORDS[status] ?? `The server answered with status ${status}.`;
  if (status === 401) openSettings(message);
  const { hint, code, param, request_id: requestId } = told;
  return new ApiError(message, { hint, code, status, param, requestId });
}
