import { useEffect, useState } from "react";
import { load, save } from "@/lib/storage.ts";
import { Icon } from "@/ui/icons.tsx";

export const startedAt = (tenantId: string) => `welcome.started.${tenantId}`;

/** How long the first steps have taken: they should be few minutes. */
export function Elapsed({ tenantId }: { tenantId: string }) {
  const key = startedAt(tenantId);
  const [start] = useState(() => {
    const kept = Number(load(key));
    if (kept > 0) return kept;
    save(key, String(Date.now()));
    return Date.now();
  });
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const ticking = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(ticking);
  }, []);
  const seconds = Math.max(0, Math.floor((now - start) / 1000));
  const minutes = Math.floor(seconds / 60);
  // Who comes back after lunch is not told off.
  if (minutes >= 30) return null;
  return (
    <span className="elapsed num">
      <Icon name="clock" size="s" />
      {minutes > 0 && `${minutes} min `}
      {seconds % 60} s so far
    </span>
  );
}
