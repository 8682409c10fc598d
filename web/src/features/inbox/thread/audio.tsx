import { useRef, useState } from "react";
import { duration } from "@/lib/numbers.ts";
import { Icon } from "@/ui/icons.tsx";

const speeds = [1, 1.5, 2];

/** A voice message: play, seek, three speeds. Nothing is fetched before play is pressed but the length. */
export function AudioPlayer(props: { url: string; voice: boolean; onBroken: () => void }) {
  const { url, voice, onBroken } = props;
  const audio = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(0);
  const [speed, setSpeed] = useState(1);
  const name = voice ? "voice message" : "audio";

  const toggle = () => {
    const element = audio.current;
    if (!element) return;
    // That it cannot be played is told by `error` as well; a play that was interrupted is none.
    if (element.paused) void element.play().catch(() => {});
    else element.pause();
  };
  const faster = () => {
    const next = speeds[(speeds.indexOf(speed) + 1) % speeds.length] ?? 1;
    setSpeed(next);
    if (audio.current) audio.current.playbackRate = next;
  };
  return (
    <div className="vn">
      {/* biome-ignore lint/a11y/useMediaCaption: spoken messages have no captions */}
      <audio
        ref={audio}
        src={url}
        preload="metadata"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => setAt(0)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onLoadedMetadata={(event) => setLength(event.currentTarget.duration)}
        onError={onBroken}
      />
      <button
        type="button"
        className="pl"
        aria-label={playing ? `Pause the ${name}` : `Play the ${name}`}
        onClick={toggle}
      >
        <Icon name={playing ? "pause" : "play"} />
      </button>
      <input
        type="range"
        aria-label="Position"
        min={0}
        max={Number.isFinite(length) && length > 0 ? length : 1}
        step={0.1}
        value={at}
        aria-valuetext={duration(at)}
        onChange={(event) => {
          if (audio.current) audio.current.currentTime = Number(event.target.value);
        }}
      />
      <span className="num muted">{duration(playing || at > 0 ? at : length)}</span>
      <button type="button" className="speed num" aria-label={`Speed ${speed}`} onClick={faster}>
        {speed}×
      </button>
    </div>
  );
}
