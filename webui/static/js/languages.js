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
 * Return the languages that a field can have, by name; none where the models do not tell.
 * @param {string} field Name of the field, such as `target_language`.
 * @param {object} schema Schema of the task's request.
 * @param {object[]} models The models that may take it.
 */
export function languagesOf(field, schema, models) {
  const isHeard = field === "source_language" || (field === "language" && "audio" in schema.properties);
  const codes = models.flatMap((model) => (isHeard ? model.input_languages : model.output_languages) ?? []);
  return [...new Set(codes)]
    .map((code) => ({ value: code, label: languageName(code) }))
    .sort((a, b) => a.label.localeCompare(b.label));
}
