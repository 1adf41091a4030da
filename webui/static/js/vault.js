/** Files this browser keeps for a while: those of a draft, and of requests that may be sent again. */

const NAME = "audiogpt";
const STORE = "drafts";
const KEPT_MS = 3 * 24 * 3600 * 1000;

let database = null;

/** Keep a value that may hold files, until a reload is safe; what cannot be kept lives as long as the page. */
export async function keep(key, value) {
  await inStore("readwrite", (store) => store.put({ value, at: Date.now() }, key));
}

/** Return what is kept under a key, null if there is nothing. */
export async function kept(key) {
  return (await inStore("readonly", (store) => store.get(key)))?.value ?? null;
}

export async function discard(key) {
  await inStore("readwrite", (store) => store.delete(key));
}

async function inStore(mode, use) {
  try {
    const opened = await (database ??= open());
    const transaction = opened.transaction(STORE, mode);
    const request = use(transaction.objectStore(STORE));
    await ended(transaction);
    return request.result;
  } catch {
    database = null; // closed or full storage, which the next use finds open or emptied
    return null;
  }
}

async function open() {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const opened = await finished(opening);
  dropOld(opened.transaction(STORE, "readwrite").objectStore(STORE));
  return opened;
}

function dropOld(store) {
  store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
    if (!cursor) return;
    if (cursor.value.at < Date.now() - KEPT_MS) cursor.delete();
    cursor.continue();
  };
}

function finished(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Wait until a transaction is written; before that a reload undoes it. */
function ended(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
}
