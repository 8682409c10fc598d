import type { ReactNode } from "react";
import { CopyButton } from "@/ui/controls.tsx";

/** A link or key that is shown this one time. */
export function Once({ value, label, children }: { value: string; label: string; children: ReactNode }) {
  return (
    <>
      <p>{children}</p>
      <div className="once">
        <input readOnly aria-label={label} value={value} onFocus={(event) => event.target.select()} />
        <CopyButton text={value} label={`Copy ${label.toLowerCase()}`} />
      </div>
    </>
  );
}
