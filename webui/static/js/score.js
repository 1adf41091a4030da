/** A song as notes with syllables: what the score editor edits, and what it becomes in a request. */
import { computed } from "@preact/signals";
import { stored } from "./storage.js";

export const LOWEST = 45; // MIDI number of A2, the singer's lowest note
export const HIGHEST = 81; // A5
export const REST = null;
export const LENGTHS = [
  [0.5, "½ beat"],
  [1, "1 beat"],
  [1.5, "1½ beats"],
  [2, "2 beats"],
  [3, "3 beats"],
  [4, "4 beats"],
];
const NAMES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];

let number = 0;

/** A note: `pitch` is a MIDI number or `REST`, `syllable` ends in `-` inside a word and is empty to hold the last. */
export const note = (pitch, beats, syllable) => ({ key: (number += 1), pitch, beats, syllable });

const C4 = 60;
// prettier-ignore
const TWINKLE = [
  [C4, 1, "Twin-"], [C4, 1, "kle"], [C4 + 7, 1, "twin-"], [C4 + 7, 1, "kle"],
  [C4 + 9, 1, "lit-"], [C4 + 9, 1, "tle"], [C4 + 7, 2, "star"],
  [C4 + 5, 1, "how"], [C4 + 5, 1, "I"], [C4 + 4, 1, "won-"], [C4 + 4, 1, "der"],
  [C4 + 2, 1, "what"], [C4 + 2, 1, "you"], [C4, 2, "are"],
];
export const twinkle = () => ({ tempo: 100, notes: TWINKLE.map((parts) => note(...parts)) });

/** `{tempo, notes}`; the tempo is in beats a minute. */
export const score = stored("score", twinkle(), ({ tempo, notes }) => ({
  tempo,
  notes: notes.map(({ pitch, beats, syllable }) => note(pitch, beats, syllable)),
}));

export const lengthS = computed(() => score.value.notes.reduce((sum, { beats }) => sum + seconds(beats), 0));

export function setNotes(notes) {
  score.value = { ...score.value, notes };
}

export function changeNote(key, change) {
  setNotes(score.value.notes.map((item) => (item.key === key ? { ...item, ...change } : item)));
}

/** Name of a MIDI number, such as `C#4`. */
export const pitchName = (pitch) => (pitch === REST ? "rest" : `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`);

export const seconds = (beats) => (60 * beats) / score.value.tempo;

/** Return the notes by words: each group sings one word, a rest is a group of its own. */
export function words(notes) {
  const groups = [];
  let inWord = false;
  for (const item of notes) {
    const holds = item.pitch !== REST && item.syllable.trim() === "";
    if ((inWord || holds) && item.pitch !== REST && groups.at(-1)?.sung) groups.at(-1).notes.push(item);
    else groups.push({ notes: [item], sung: item.pitch !== REST });
    if (!holds) inWord = item.pitch !== REST && item.syllable.trim().endsWith("-");
  }
  return groups.map(({ notes: own, sung }) => ({ notes: own, sung, word: own.map(bare).join("") }));
}

const bare = ({ syllable }) => syllable.trim().replaceAll("-", "");

/**
 * Return the arguments of singing synthesis: a bar `|` behind the last note of each word.
 * @throws {Error} If there is nothing to sing, in words for people.
 */
export function singingArguments({ notes }) {
  const groups = words(notes);
  const silent = groups.find(({ sung, word }) => sung && word === "");
  if (silent) throw new Error(`The first note, ${pitchName(silent.notes[0].pitch)}, has no syllable yet.`);
  if (!groups.some(({ sung }) => sung)) throw new Error("There is no note to sing yet.");
  return {
    lyrics: groups
      .filter(({ sung }) => sung)
      .map(({ word }) => word)
      .join(" "),
    notes: groups.flatMap(({ notes: own }) =>
      own.map((item, index) => pitchName(item.pitch) + (index === own.length - 1 ? " |" : "")),
    ),
    durations: notes.map(({ beats }) => Math.round(seconds(beats) * 1000) / 1000),
  };
}
