/** Languages by name instead of by code. */

const names = new Intl.DisplayNames([document.documentElement.lang], { type: "language", fallback: "code" });

/** Return the name of a language code, the code itself where it has none. */
export function languageName(code) {
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}

/**
 * Return the voices that speak a language, by name; none where the models do not tell.
 * @param {string} language Code of the language.
 * @param {object[]} models The models that may speak.
 */
export function voicesOf(language, models) {
  const voices = models.flatMap((model) => model.voices?.[language] ?? []);
  return [...new Set(voices)].map((voice) => ({ value: voice, label: voiceName(voice) }));
}

/** Name a voice: eSpeak's are accents, with a `+f2` where a woman speaks; others have names of their own. */
function voiceName(voice) {
  const [accent, variant = ""] = voice.split("+");
  const [language, ...region] = accent.split("-");
  const named = languageName(accent);
  const plain = named === accent && region.length > 0 ? `${languageName(language)} (${region.join(" ")})` : named;
  const who = variant.startsWith("f") ? ", a woman" : variant.startsWith("m") ? ", a man" : "";
  return plain.charAt(0).toUpperCase() + plain.slice(1) + who;
}

/**
 * Return the languages that a field can have, by name; none where the models do not tell.
 * @param {string} field Name of the field, such as `target_language`.
 * @param {object} schema Schema of the task's request.
 * @param {object[]} models The models that may take it.
 */
export function languagesOf(field, schema, models) {
  const isHeard = field === "source_language" || (field !== "target_language" && "audio" in schema.properties);
  const codes = models.flatMap((model) => (isHeard ? model.input_languages : model.output_languages) ?? []);
  return [...new Set(codes)]
    .map((code) => ({ value: code, label: languageName(code) }))
    .sort((a, b) => a.label.localeCompare(b.label));
}
