/** Stored files and pictures as addresses a page can show; fetched with the API key, so never by plain `src`. */
import { useEffect, useState } from "preact/hooks";
import { getBlob } from "./api.js";

const KEPT = 60; // files held in memory; the longest unused goes first

const REVOKED_MS = 60_000; // the browser has begun to save by then

const held = new Map(); // path -> promise of {blob, url}

/** Fetch a file once and return its content and an address for it. */
export function load(path) {
  const known = held.get(path);
  if (known) held.delete(path);
  const loading = known ?? getBlob(path).then((blob) => ({ blob, url: URL.createObjectURL(blob) }));
  held.set(path, loading);
  if (!known) loading.catch(() => held.delete(path));
  if (held.size > KEPT) forget(held.keys().next().value);
  return loading;
}

function forget(path) {
  const loading = held.get(path);
  held.delete(path);
  loading.then(({ url }) => URL.revokeObjectURL(url)).catch(() => {});
}

/** Load a file for a component: `{blob, url, error, retry}`, empty while it is fetched; null loads nothing. */
export function useMedia(path) {
  const [state, setState] = useState({});
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let current = true;
    setState({});
    if (path === null) return undefined;
    load(path).then(
      (loaded) => current && setState(loaded),
      (error) => current && setState({ error }),
    );
    return () => (current = false);
  }, [path, attempt]);
  return { ...state, retry: () => setAttempt((count) => count + 1) };
}

const links = new Map(); // artifact -> what opens it without a key

/** Open files by the links that came with a shared session, `{artifact: link}`. */
export function openBy(shared) {
  for (const [id, link] of Object.entries(shared ?? {})) if (link) links.set(id, link);
}

const withLink = (path, id) => (links.has(id) ? `${path}${path.includes("?") ? "&" : "?"}link=${links.get(id)}` : path);

export const artifactPath = (id) => withLink(`v1/artifacts/${id}`, id);

/** Path of a picture; `gap` is a filled stretch to mark, in seconds. */
export function picturePath(id, view, gap = null) {
  const query = new URLSearchParams({ view });
  if (gap) {
    query.set("gap_start", gap.start);
    query.set("gap_end", gap.end);
  }
  return withLink(`v1/artifacts/${id}/picture?${query}`, id);
}

/** Hand a stored file to the person as a download. */
export async function download(id, name) {
  const { url } = await load(artifactPath(id));
  save(url, name);
}

/** Hand a sound over in another format, `flac` or `mp3`. */
export async function downloadAs(id, format, name) {
  const { url } = await load(withLink(`v1/artifacts/${id}/audio?format=${format}`, id));
  save(url, name);
}

/** Hand several stored files over in one archive; `files` are `{artifact, name}`. */
export async function saveArchive(files) {
  const options = { method: "POST", headers: { "Content-Type": "application/json" } };
  saveBlob(await getBlob("v1/archives", { ...options, body: JSON.stringify({ files }) }), "audiogpt.zip");
}

/** Hand a text over. */
export function saveText(text, name, type = "text/plain") {
  saveBlob(new Blob([text], { type }), name);
}

function saveBlob(blob, name) {
  const url = URL.createObjectURL(blob);
  save(url, name);
  setTimeout(() => URL.revokeObjectURL(url), REVOKED_MS);
}

function save(url, name) {
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name });
  link.click();
}
