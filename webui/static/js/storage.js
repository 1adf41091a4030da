/** Values this browser keeps, as signals; a change in one tab reaches the others. */
import { effect, signal } from "@preact/signals";

const PREFIX = "audiogpt.";

/**
 * Make a signal whose value outlives the page.
 * @param {string} name Key in the browser's storage.
 * @param {*} initial Value while nothing is stored.
 * @param {(value: *) => *} revive Makes a value of this page from a stored one.
 * @returns The signal; its `change(edit)` edits what is stored at that moment, which another tab may have changed.
 */
export function stored(name, initial, revive = (value) => value) {
  const key = PREFIX + name;
  const latest = (otherwise) => {
    const found = read(key);
    return found === null ? otherwise : revive(found);
  };
  const value = signal(latest(initial));
  let known = value.peek();
  let isKept = true; // false in closed or full storage, where the value lives as long as the page
  effect(() => {
    if (value.value === known) return;
    known = value.value;
    isKept = write(key, known);
  });
  addEventListener("storage", (event) => {
    if (event.key === key || event.key === null) value.value = known = latest(initial);
  });
  value.change = (edit) => (value.value = edit(isKept ? latest(value.peek()) : value.peek()));
  return value;
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null; // closed storage, or written by something else
  }
}

function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
