/** The players on the page by what they play, so that a transcript or a table can move them. */

const players = new Map(); // id of an artifact, or the file itself -> plays from a time in seconds

/** Note a player; returns how to forget it. */
export function registerPlayer(key, playFrom) {
  players.set(key, playFrom);
  return () => players.get(key) === playFrom && players.delete(key);
}

/** Play a sound from a time on, where it is on the page. */
export function playFrom(key, seconds) {
  players.get(key)?.(seconds);
}
