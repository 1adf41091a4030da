/** API key and theme. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { apiKey, keyWanted, settingsOpen, theme } from "../settings.js";
import { Icon } from "./icon.js";

const THEMES = [
  ["system", "As the system", "monitor"],
  ["light", "Light", "sun"],
  ["dark", "Dark", "moon"],
];

/** Go to the key where the server asked for one; else the dialog's first control has the focus. */
function takeFocus(field) {
  if (keyWanted.value) field?.focus();
}

export function Settings() {
  const key = useSignal(apiKey.value);
  const onSubmit = (event) => {
    event.preventDefault();
    apiKey.value = key.value.trim();
    keyWanted.value = null;
    settingsOpen.value = false;
  };
  return html`<form onSubmit=${onSubmit}>
    <label>
      API key
      <input
        type="password"
        name="api-key"
        autocomplete="off"
        ref=${takeFocus}
        spellcheck=${false}
        value=${key.value}
        aria-describedby="key-help"
        aria-invalid=${keyWanted.value ? "true" : undefined}
        onInput=${(event) => (key.value = event.target.value)}
      />
    </label>
    <small id="key-help">
      ${keyWanted.value ?? "Only where the server asks for one."} It stays in this browser and goes to this server only.
    </small>
    <fieldset>
      <legend>Theme</legend>
      <div class="segments">
        ${THEMES.map(
          ([value, label, icon]) =>
            html`<label key=${value}>
              <input
                type="radio"
                name="theme"
                checked=${theme.value === value}
                onChange=${() => (theme.value = value)}
              />
              <span><${Icon} name=${icon} />${label}</span>
            </label>`,
        )}
      </div>
    </fieldset>
    <button type="submit">Done</button>
  </form>`;
}
