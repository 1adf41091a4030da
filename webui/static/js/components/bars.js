/** Amounts by day as bars; a table with the same numbers stands below for those who do not see them. */
import { html } from "htm/preact";

const WIDTH = 720;
const HEIGHT = 160;
const GAP_PX = 2;

/** `bars` are `{name, value, words}`; `label` says what they are. */
export function Bars({ bars, label }) {
  const most = Math.max(...bars.map(({ value }) => value), 0);
  const step = WIDTH / Math.max(bars.length, 1);
  const height = (value) => (most === 0 ? 0 : Math.max(value > 0 ? 1 : 0, (value / most) * HEIGHT));
  return html`<figure class="bars">
    <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label=${label}>
      ${bars.map(
        ({ name, value, words }, index) =>
          html`<rect
            key=${name}
            x=${index * step + GAP_PX / 2}
            y=${HEIGHT - height(value)}
            width=${Math.max(1, step - GAP_PX)}
            height=${height(value)}
          >
            <title>${name}: ${words}</title>
          </rect>`,
      )}
    </svg>
    <figcaption>
      <span>${bars[0]?.name}</span><span>at most ${bars.find(({ value }) => value === most)?.words ?? "0"}</span
      ><span>${bars.at(-1)?.name}</span>
    </figcaption>
  </figure>`;
}
