import { useDelayed } from "@/lib/hooks.ts";

/** Bubbles in grey, shown only when loading takes longer than 150 ms. */
export function ThreadSkeleton() {
  const late = useDelayed(true);
  if (!late) return null;
  return (
    <div className="lines" role="status" aria-label="Loading messages">
      {["c w1", "c w2", "o w3", "c w1", "o w2"].map((look, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: fixed list
        <div key={index} className={`msg ${look.split(" ")[0]}`}>
          <span className={`skel bubble ${look.split(" ")[1]}`} />
        </div>
      ))}
    </div>
  );
}
