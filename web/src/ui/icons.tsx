// The one icon family: 20 px grid, 1.5 stroke, round joins.
import type { ReactNode } from "react";

const shapes = {
  alert: (
    <>
      <path d="M8.8 3.7 2.9 14a1.4 1.4 0 0 0 1.2 2.1h11.8a1.4 1.4 0 0 0 1.2-2.1L11.2 3.7a1.4 1.4 0 0 0-2.4 0z" />
      <path d="M10 8v3.2M10 13.6v.1" />
    </>
  ),
  arrow: (
    <>
      <path d="M4 10h12M11.5 5.5 16 10l-4.5 4.5" />
    </>
  ),
  bell: (
    <>
      <path d="M5 8.5a5 5 0 0 1 10 0c0 3.5 1.5 4.5 1.5 5.3H3.5C3.5 13 5 12 5 8.5zM8.3 16.3c.4.6 1 .9 1.7.9s1.3-.3 1.7-.9" />
    </>
  ),
  bolt: (
    <>
      <path d="M11 2.8 4.5 11.3h4.7L8.5 17.2 15.5 8.7h-4.8z" />
    </>
  ),
  buttons: (
    <>
      <rect x="3" y="3.5" width="14" height="5" rx="1.5" />
      <rect x="3" y="11.5" width="14" height="5" rx="1.5" />
      <path d="M8 6h4M8 14h4" />
    </>
  ),
  chat: (
    <>
      <path d="M10 3.3c4 0 7 2.7 7 6.2s-3 6.2-7 6.2c-.9 0-1.8-.1-2.6-.4L3.6 16.6l1-3.2A5.8 5.8 0 0 1 3 9.5c0-3.5 3-6.2 7-6.2z" />
    </>
  ),
  check: (
    <>
      <path d="m4.5 10.5 3.6 3.6 7.4-8" />
    </>
  ),
  clock: (
    <>
      <circle cx="10" cy="10" r="7" />
      <path d="M10 6v4.2l2.7 1.6" />
    </>
  ),
  copy: (
    <>
      <rect x="7" y="7" width="9.5" height="9.5" rx="1.8" />
      <path d="M13 7V5.3a1.8 1.8 0 0 0-1.8-1.8H5.3a1.8 1.8 0 0 0-1.8 1.8v5.9A1.8 1.8 0 0 0 5.3 13H7" />
    </>
  ),
  doc: (
    <>
      <path d="M5.5 2.8h5.7l3.8 3.8v9.1a1.5 1.5 0 0 1-1.5 1.5h-8A1.5 1.5 0 0 1 4 15.7V4.3a1.5 1.5 0 0 1 1.5-1.5z" />
      <path d="M11 3v3.8h3.8M7 10.5h5M7 13.5h3.5" />
    </>
  ),
  down: (
    <>
      <path d="m5.5 7.8 4.5 4.5 4.5-4.5" />
    </>
  ),
  download: (
    <>
      <path d="M10 3.5v9.3M6.5 9.3 10 12.8l3.5-3.5M3.5 13v2.2a1.3 1.3 0 0 0 1.3 1.3h10.4a1.3 1.3 0 0 0 1.3-1.3V13" />
    </>
  ),
  ext: (
    <>
      <path d="M8 4.5H5A1.5 1.5 0 0 0 3.5 6v9A1.5 1.5 0 0 0 5 16.5h9a1.5 1.5 0 0 0 1.5-1.5v-3M11.5 3.5h5v5M16.5 3.5 9.5 10.5" />
    </>
  ),
  eye: (
    <>
      <path d="M2.800 10S5.300 5 10 5s7.200 5 7.200 5-2.500 5-7.200 5-7.200-5-7.200-5z" />
      <circle cx="10" cy="10" r="2.200" />
    </>
  ),
  flask: (
    <>
      <path d="M8 3h4M8.5 3v5L4.2 15a1.3 1.3 0 0 0 1.1 2h9.4a1.3 1.3 0 0 0 1.1-2L11.5 8V3M6.5 12.5h7" />
    </>
  ),
  gear: (
    <>
      <path d="M3.5 6h7.5M15 6h1.5M3.5 14H5M9 14h7.5" />
      <circle cx="13" cy="6" r="2" />
      <circle cx="7" cy="14" r="2" />
    </>
  ),
  globe: (
    <>
      <circle cx="10" cy="10" r="7" />
      <path d="M3 10h14M10 3c2.3 2.2 3.2 4.4 3.2 7s-.9 4.8-3.2 7c-2.3-2.2-3.2-4.4-3.2-7S7.7 5.2 10 3z" />
    </>
  ),
  img: (
    <>
      <rect x="3" y="3.8" width="14" height="12.4" rx="2" />
      <circle cx="7.2" cy="7.9" r="1.3" />
      <path d="m3.5 14.5 4-3.7 2.8 2.4 3-3.2 3.5 3.6" />
    </>
  ),
  inbox: (
    <>
      <path d="M3 11.5 5.2 4.6A1.5 1.5 0 0 1 6.6 3.5h6.8a1.5 1.5 0 0 1 1.4 1.1L17 11.5v3.5a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 15z" />
      <path d="M3 11.5h3.8l1 2h4.4l1-2H17" />
    </>
  ),
  key: (
    <>
      <circle cx="6.800" cy="13.200" r="3.300" />
      <path d="m9.200 10.800 7-7M13.300 6.700l2 2M11 9l1.500 1.500" />
    </>
  ),
  leaf: (
    <>
      <path d="M4 16c0-7 4-11.5 12.5-12C16.5 11.5 12.5 15.5 6 14.8" />
      <path d="M4 16.8c1.5-3.5 4-6 7.5-7.6" />
    </>
  ),
  left: (
    <>
      <path d="m12.2 5.5-4.5 4.5 4.5 4.5" />
    </>
  ),
  list: (
    <>
      <path d="M7.5 5.5h9M7.5 10h9M7.5 14.5h9M3.8 5.5h.01M3.8 10h.01M3.8 14.5h.01" />
    </>
  ),
  lock: (
    <>
      <rect x="4.5" y="9" width="11" height="7.8" rx="1.8" />
      <path d="M7 9V6.5a3 3 0 0 1 6 0V9" />
    </>
  ),
  menu: (
    <>
      <path d="M3.5 5.5h13M3.5 10h13M3.5 14.5h13" />
    </>
  ),
  mic: (
    <>
      <rect x="7.5" y="2.8" width="5" height="8.7" rx="2.5" />
      <path d="M4.5 9.5a5.5 5.5 0 0 0 11 0M10 15v2.5" />
    </>
  ),
  more: (
    <>
      <path d="M5 10h.01M10 10h.01M15 10h.01" strokeWidth="2.2" />
    </>
  ),
  note: (
    <>
      <path d="M4.5 3.5h11a1 1 0 0 1 1 1v7.5l-4.5 4.5H4.5a1 1 0 0 1-1-1v-11a1 1 0 0 1 1-1z" />
      <path d="M16.3 12H13a1 1 0 0 0-1 1v3.3" />
    </>
  ),
  pause: (
    <>
      <path d="M7 4.5v11M13 4.5v11" strokeWidth="2" />
    </>
  ),
  pencil: (
    <>
      <path d="m12.8 3.9 3.3 3.3L7.3 16H4v-3.3z" />
      <path d="m11 5.7 3.3 3.3" />
    </>
  ),
  people: (
    <>
      <circle cx="7.5" cy="7" r="2.8" />
      <path d="M2.5 16c.3-2.8 2.3-4.5 5-4.5s4.7 1.7 5 4.5" />
      <path d="M13 4.4a2.7 2.7 0 0 1 0 5.2M14.8 11.9c1.6.6 2.6 2 2.8 4.1" />
    </>
  ),
  phone: (
    <>
      <path d="M6.7 3.3 8.3 7 6.6 8.4c1 2.2 2.7 3.9 5 5l1.4-1.7 3.7 1.6c.2 2.2-1.1 3.7-3.1 3.6C8 16.5 3.5 12 3.1 6.4 3 4.4 4.5 3.1 6.7 3.3z" />
    </>
  ),
  pin: (
    <>
      <path d="M10 17.200s5.500-4.900 5.500-9a5.500 5.500 0 0 0-11 0c0 4.100 5.500 9 5.500 9z" />
      <circle cx="10" cy="8.200" r="2" />
    </>
  ),
  play: (
    <>
      <path d="M6.5 4.2v11.6l9-5.8z" />
    </>
  ),
  plus: (
    <>
      <path d="M10 4.5v11M4.5 10h11" />
    </>
  ),
  refresh: (
    <>
      <path d="M16 10a6 6 0 1 1-1.8-4.3L16.3 7.5M16.5 3.8v3.7h-3.7" />
    </>
  ),
  reply: (
    <>
      <path d="M8 5 3.5 9.5 8 14M3.5 9.5h7a6 6 0 0 1 6 6" />
    </>
  ),
  route: (
    <>
      <circle cx="5" cy="15" r="2" />
      <circle cx="15" cy="5" r="2" />
      <path d="M7 15h5.5a2.5 2.5 0 0 0 0-5h-5a2.5 2.5 0 0 1 0-5H13" />
    </>
  ),
  search: (
    <>
      <circle cx="9" cy="9" r="5.3" />
      <path d="m13 13 3.7 3.7" />
    </>
  ),
  send: (
    <>
      <path d="M17 3 8.8 11.2M17 3l-5.2 14-3-5.8L3 8.2z" />
    </>
  ),
  shield: (
    <>
      <path d="M10 2.8 4 5v4.5c0 3.7 2.4 6.2 6 7.7 3.6-1.5 6-4 6-7.7V5z" />
      <path d="m7.5 9.8 1.8 1.8 3.3-3.6" />
    </>
  ),
  smile: (
    <>
      <circle cx="10" cy="10" r="7" />
      <path d="M7 11.8c.7 1 1.7 1.6 3 1.6s2.3-.6 3-1.6M7.7 8v.1M12.3 8v.1" />
    </>
  ),
  star: (
    <>
      <path d="m10 3 2.1 4.4 4.9.6-3.6 3.3.9 4.8L10 13.7l-4.3 2.4.9-4.8L3 8l4.9-.6z" />
    </>
  ),
  tag: (
    <>
      <path d="M3.3 9.3V4.5a1.2 1.2 0 0 1 1.2-1.2h4.8l7 7a1.3 1.3 0 0 1 0 1.8l-4.2 4.2a1.3 1.3 0 0 1-1.8 0z" />
      <path d="M6.9 6.9v.1" strokeWidth="2" />
    </>
  ),
  team: (
    <>
      <circle cx="10" cy="6.3" r="2.5" />
      <path d="M5.8 16c.2-2.7 1.8-4.4 4.2-4.4s4 1.7 4.2 4.4" />
      <path d="M4.7 5.2a2 2 0 0 0 0 3.8M2.5 14c.1-1.6.9-2.8 2.2-3.3M15.3 5.2a2 2 0 0 1 0 3.8M17.5 14c-.1-1.6-.9-2.8-2.2-3.3" />
    </>
  ),
  trash: (
    <>
      <path d="M3.5 5.5h13M8 5.5V3.8h4v1.7M5 5.5l.8 10.2a1.2 1.2 0 0 0 1.2 1.1h6a1.2 1.2 0 0 0 1.2-1.1L15 5.5M8.5 8.7v5M11.5 8.7v5" />
    </>
  ),
  truck: (
    <>
      <path d="M2.5 5h9v9h-9zM11.5 8h3.2l2.8 3v3h-6z" />
      <circle cx="6" cy="14.8" r="1.6" />
      <circle cx="14.3" cy="14.8" r="1.6" />
    </>
  ),
  undo: (
    <>
      <path d="M4 8h8a4 4 0 0 1 0 8H8M4 8l3.5-3.5M4 8l3.5 3.5" />
    </>
  ),
  up: (
    <>
      <path d="m5.500 12.200 4.500-4.500 4.500 4.500" />
    </>
  ),
  updown: (
    <>
      <path d="m6.5 7.8 3.5-3.5 3.5 3.5M6.5 12.2l3.5 3.5 3.5-3.5" />
    </>
  ),
  user: (
    <>
      <circle cx="10" cy="6.8" r="3" />
      <path d="M4.2 16.5c.4-3.1 2.7-5 5.8-5s5.4 1.9 5.8 5" />
    </>
  ),
  video: (
    <>
      <rect x="2.8" y="5" width="10" height="10" rx="2" />
      <path d="m12.8 9 4.2-2.5v7L12.8 11" />
    </>
  ),
  wifi: (
    <>
      <path d="M3 8a10.5 10.5 0 0 1 14 0M5.5 11a7 7 0 0 1 9 0M8 13.8a3.5 3.5 0 0 1 4 0M10 16.3v.01" />
    </>
  ),
  x: (
    <>
      <path d="m5.5 5.5 9 9M14.5 5.5l-9 9" />
    </>
  ),
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof shapes;

const names = Object.keys(shapes) as IconName[];

/** Put once at the root; `Icon` refers to its symbols. */
export function IconSprite() {
  return (
    <svg width="0" height="0" className="sprite" aria-hidden="true">
      {names.map((name) => (
        <symbol key={name} id={`i-${name}`} viewBox="0 0 20 20">
          {shapes[name]}
        </symbol>
      ))}
    </svg>
  );
}

/** `size`: xs 12, s 14, m 16, l 18 px. Decorative: the name belongs to the button or text around it. */
export function Icon({
  name,
  size = "m",
  className = "",
}: {
  name: IconName;
  size?: "xs" | "s" | "m" | "l";
  className?: string;
}) {
  return (
    <svg className={`i ${size === "m" ? "" : size} ${className}`} aria-hidden="true">
      <use href={`#i-${name}`} />
    </svg>
  );
}
