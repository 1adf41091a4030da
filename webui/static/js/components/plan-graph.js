/** The plan as a graph: files and steps from left to right, on narrow screens from top to bottom. */
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { layOut } from "../graph-layout.js";
import { plural } from "../format.js";
import { Icon, kindIcon } from "./icon.js";
import { StepDetails } from "./step-details.js";
import { StepNode } from "./step-node.js";

const NARROW_PX = 560;

export function PlanGraph({ steps, files, onRerun }) {
  const frame = useRef(null);
  const width = useWidth(frame);
  const chosen = useSignal(null);
  const shape = JSON.stringify([steps.map((step) => [step.id, step.arguments]), files.map((file) => file.artifact)]);
  const graph = useMemo(() => layOut(steps, files, width < NARROW_PX), [shape, width < NARROW_PX]);
  const step = steps.find(({ id }) => id === chosen.value);
  const waitedFor = (waiting) =>
    steps.find((other) => graph.edges.some(({ from, to }) => from === other.id && to === waiting.id) && !isOver(other));
  const states = new Map(steps.map(({ id, state }) => [id, state]));
  return html`<figure class="plan">
    <div
      class="plan-scroll"
      ref=${frame}
      tabindex="0"
      role="region"
      aria-label=${`Plan of ${plural(steps.length, "step")}`}
    >
      <div class="plan-canvas" style=${{ width: `${graph.width}px`, height: `${graph.height}px` }}>
        <svg class="plan-edges" width=${graph.width} height=${graph.height} aria-hidden="true">
          ${graph.edges.map(
            (edge) =>
              html`<path
                key=${edge.key}
                d=${edge.path}
                data-state=${states.get(edge.to)}
                data-from=${states.get(edge.from) ?? "done"}
              />`,
          )}
        </svg>
        ${graph.sources.map(
          (source) =>
            html`<div key=${source.key} class="plan-file" style=${place(source)} title=${source.label}>
              <${Icon} name=${kindIcon(source.kind)} /><span>${source.label}</span>
            </div>`,
        )}
        ${steps.map(
          (item) =>
            html`<${StepNode}
              key=${item.id}
              step=${item}
              after=${waitedFor(item)}
              style=${place(graph.places.get(item.id))}
              expanded=${chosen.value === item.id}
              onClick=${() => (chosen.value = chosen.value === item.id ? null : item.id)}
            />`,
        )}
      </div>
    </div>
    ${step && html`<${StepDetails} step=${step} onRerun=${onRerun} />`}
  </figure>`;
}

const isOver = ({ state }) => !["waiting", "running"].includes(state);

function place({ x, y, width, height }) {
  return { left: `${x - width / 2}px`, top: `${y - height / 2}px`, width: `${width}px`, height: `${height}px` };
}

function useWidth(ref) {
  const [width, setWidth] = useState(Infinity);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(entry.contentRect.width));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return width;
}
