/** Form fields from a task's JSON schema. */
import { labelOf, plainHelp, unitOf } from "./field-words.js";
import { title } from "./format.js";
import { languagesOf, voicesOf } from "./languages.js";

const USUAL = document.documentElement.lang; // language whose voices are offered while none is chosen
const LONG_TEXT = 1_000; // characters; a text that may be longer gets a larger field
const MEDIA = ["audio", "image", "video", "score", "data"];
const SCALARS = ["string", "number", "integer", "boolean"];

/**
 * Return the fields of a request schema in order.
 * @param {object} schema The schema; `definitions` are those its references name.
 * @param {object[]} models Models that may take the request, for the languages and voices they know.
 * @param {object} values What was entered so far, by field.
 * @returns {object[]} `{name, label, unit, type, media, fields, required, initial, min, max, step, pattern, maxLength,
 *   choices, help}`; `fields` are those of each row of a list of objects.
 */
export function fieldsOf(schema, models = [], values = {}, definitions = schema.$defs ?? {}) {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties).map(([name, property]) => {
    const inner = unwrapped(property, definitions);
    const help = property.description ?? inner.description ?? "";
    const listed = listOf(name, schema, models, values);
    return {
      name,
      label: labelOf(name),
      unit: unitOf(help),
      type: listed.length > 0 ? (inner.type === "array" ? "choices" : "choice") : typeOf(inner),
      media: inner["x-kind"] ?? null,
      fields: inner.items?.$ref ? fieldsOf(referred(inner.items, definitions), [], {}, definitions) : [],
      required: required.has(name),
      initial: property.default ?? null,
      min: inner.minimum ?? inner.exclusiveMinimum,
      max: inner.maximum ?? inner.exclusiveMaximum,
      step: inner.type === "integer" ? 1 : "any",
      pattern: inner.pattern,
      maxLength: inner.maxLength,
      choices: listed.length > 0 ? listed : inner.enum?.map((choice) => ({ value: choice, label: title(choice) })),
      help: plainHelp(help),
    };
  });
}

/** Return what the models can take in a field, instead of a code to know by heart. */
function listOf(name, schema, models, values) {
  if (name === "voice") return voicesOf(values.language || schema.properties.language?.default || USUAL, models);
  return /language(s)?$/.test(name) ? languagesOf(name, schema, models) : [];
}

/** Look through references and `... or null`. */
function unwrapped(property, definitions) {
  const options = (property.anyOf ?? property.oneOf ?? [property]).filter(({ type }) => type !== "null");
  const [first] = options;
  return first.$ref ? referred(first, definitions) : first;
}

const referred = ({ $ref }, definitions) => definitions[$ref.split("/").at(-1)];

function typeOf(schema) {
  if (MEDIA.includes(schema["x-kind"])) return "media";
  if (schema.enum) return "choice";
  if (schema.type === "string") return (schema.maxLength ?? 0) >= LONG_TEXT ? "long-text" : "text";
  if (schema.type !== "array") return SCALARS.includes(schema.type) ? schema.type : "text";
  if (schema.items?.$ref) return "rows";
  return schema.items?.type === "number" ? "numbers" : "texts";
}

/**
 * Return the body of a request: a form where a file is among the values, JSON otherwise; empty fields are left out.
 * @param {object[]} fields As of `fieldsOf`.
 * @param {object} values What was entered, by field; a medium is a `File` or the id of a stored one.
 */
export function bodyOf(fields, values) {
  const given = entered(fields, values);
  if (!given.some(([, value]) => value instanceof File)) return Object.fromEntries(given);
  const form = new FormData();
  for (const [name, value] of given) form.set(name, Array.isArray(value) ? JSON.stringify(value) : value);
  return form;
}

function entered(fields, values) {
  return fields.map((field) => [field.name, read(field, values[field.name])]).filter(([, value]) => value !== null);
}

function read({ type, fields }, value) {
  if (value === undefined || value === null || value === "") return null;
  if (type === "number" || type === "integer") return Number(value);
  if (type === "choices") return value.length > 0 ? value : null;
  if (type === "texts") return parts(value);
  if (type === "numbers") return parts(value).map(Number);
  if (type === "rows") return value.length > 0 ? value.map((row) => Object.fromEntries(entered(fields, row))) : null;
  return value;
}

const parts = (value) =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
