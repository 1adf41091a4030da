/** The waveform of a sound as a hook: plays it, seeks in it, and lets one stretch of it be selected. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import WaveSurfer from "wavesurfer.js";
import RegionsPlugin from "wavesurfer.js/regions";
import { shownTheme } from "./settings.js";

const HEIGHT_PX = 56;
const MIN_REGION_S = 0.02;
const FIRST_REGION = [0.4, 0.6]; // of the duration
const NONCE = document.querySelector("script[nonce]")?.nonce;

let playing = null; // one sound at a time

/**
 * Draw a waveform into a container.
 * @param {{current: HTMLElement}} container Where to draw.
 * @param {Blob} blob The sound, in a format the browser decodes.
 * @param {{autoplay?: boolean, onRegion?: (start: number, end: number) => void}} options
 * @returns State (`duration`, `time`, `playing`, `region`, `error`, seconds) and what can be done.
 */
export function useWaveform(container, blob, { autoplay = false, onRegion = () => {} }) {
  const [state, setState] = useState({ duration: 0, time: 0, playing: false, region: null, error: null });
  const wave = useRef(null);
  const regions = useRef(null);
  const told = useRef(onRegion);
  told.current = onRegion;
  const theme = shownTheme.value;

  useEffect(() => {
    const change = (part) => setState((before) => ({ ...before, ...part }));
    wave.current = create(container.current);
    regions.current = wave.current.registerPlugin(RegionsPlugin.create());
    listen(wave.current, change);
    listenToRegions(regions.current, change, (start, end) => told.current(start, end));
    wave.current.loadBlob(blob).then(
      () => autoplay && wave.current?.play().catch(() => {}), // the browser may want a click first
      (error) => error.name !== "AbortError" && wave.current && change({ error: unplayable() }),
    );
    return () => {
      wave.current.destroy();
      wave.current = null;
    };
  }, [blob]);
  useEffect(() => wave.current?.setOptions(colours(container.current)), [theme]);

  const playFrom = useMemo(() => starter(wave), []);
  return { ...state, playFrom, ...controls(wave, regions, state) };
}

function create(container) {
  return WaveSurfer.create({
    container,
    height: HEIGHT_PX,
    barWidth: 2,
    barGap: 1,
    barRadius: 2,
    normalize: true,
    cspNonce: NONCE,
    ...colours(container),
  });
}

function colours(container) {
  const style = getComputedStyle(container);
  return {
    waveColor: style.getPropertyValue("--wave"),
    progressColor: style.getPropertyValue("--wave-played"),
    cursorColor: style.getPropertyValue("--wave-cursor"),
  };
}

function listen(wave, change) {
  wave.on("ready", (seconds) => change({ duration: seconds, error: null }));
  wave.on("timeupdate", (time) => change({ time }));
  wave.on("pause", () => change({ playing: false }));
  wave.on("play", () => {
    if (playing !== wave) playing?.pause();
    playing = wave;
    change({ playing: true });
  });
}

function listenToRegions(regions, change, tell) {
  const show = ({ start, end }) => {
    change({ region: { start, end } });
    tell(start, end);
  };
  regions.enableDragSelection({ color: "var(--region)", minLength: MIN_REGION_S });
  regions.on("region-created", (region) => {
    for (const other of regions.getRegions()) if (other !== region) other.remove();
    show(region);
  });
  regions.on("region-update", show);
  regions.on("region-updated", show);
  regions.on("region-removed", () => regions.getRegions().length === 0 && change({ region: null }));
}

/** Play from a time on; of its own, so that it stays the same while the state changes. */
function starter(wave) {
  return (seconds) => {
    wave.current?.setTime(seconds);
    wave.current?.play();
  };
}

function controls(wave, regions, { duration }) {
  const current = () => regions.current.getRegions()[0];
  return {
    toggle: () => wave.current.playPause(),
    seek: (time) => wave.current.setTime(time),
    playRegion: () => wave.current.play(current().start, current().end),
    clearRegion: () => regions.current.clearRegions(),
    addRegion: () => {
      const [start, end] = FIRST_REGION.map((part) => part * duration);
      regions.current.addRegion({ start, end, color: "var(--region)", minLength: MIN_REGION_S });
    },
    moveRegion: (start, end) => {
      if (!(start >= 0 && end <= duration && end - start >= MIN_REGION_S)) return;
      current().setOptions({ start, end });
      regions.current.emit("region-updated", current());
    },
  };
}

function unplayable() {
  return { message: "This browser cannot play this format.", hint: "The server may still be able to read it." };
}
