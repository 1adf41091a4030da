/** Where a source moves, seen from above: the listener in the middle, looking up. */
import { html } from "htm/preact";

const SIZE = 200;
const EDGE_PX = 88; // radius of the outermost ring

/** `places` are `{azimuth, distance}` in degrees, positive to the left, and metres; a click adds one. */
export function PlanView({ places, onPlace }) {
  const farthest = Math.max(2, ...places.map(({ distance }) => Number(distance)));
  const scale = EDGE_PX / farthest;
  const points = places.map(({ azimuth, distance }) => at(Number(azimuth), Number(distance) * scale));
  const onClick = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top].map((part) => (part * SIZE) / box.width - SIZE / 2);
    const distance = Math.max(0.1, Math.hypot(x, y) / scale);
    onPlace({ azimuth: Math.round((Math.atan2(-x, -y) * 180) / Math.PI), distance: Math.round(10 * distance) / 10 });
  };
  return html`<svg
    class="plan-view"
    viewBox=${`${-SIZE / 2} ${-SIZE / 2} ${SIZE} ${SIZE}`}
    role="img"
    aria-label=${`Plan of ${places.length} places around the listener; rows below say the same`}
    onClick=${onClick}
  >
    <circle r=${EDGE_PX} class="ring" /><circle r=${EDGE_PX / 2} class="ring" />
    <path d="M -6 8 L 0 -9 L 6 8 Z" class="listener" />
    <text x="4" y=${-EDGE_PX + 10}>${farthest} m</text>
    <polyline points=${points.map(({ x, y }) => `${x},${y}`).join(" ")} />
    ${points.map(({ x, y }, index) => html`<circle key=${index} cx=${x} cy=${y} r="5" class="place" />`)}
    ${points.map(({ x, y }, index) => html`<text key=${index} x=${x + 7} y=${y + 4}>${index + 1}</text>`)}
  </svg>`;
}

function at(azimuth, radius) {
  const angle = (azimuth * Math.PI) / 180;
  return { x: -radius * Math.sin(angle), y: -radius * Math.cos(angle) };
}
