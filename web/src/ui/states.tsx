import type { ReactNode } from "react";
import { details, words } from "@/api/problem.ts";
import { useDelayed } from "@/lib/hooks.ts";
import { Button, copyAndSay } from "./controls.tsx";
import { Icon, type IconName } from "./icons.tsx";

export function Empty(props: {
  icon: IconName;
  tone?: "good" | "bad" | "";
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className="empty">
      <span className={`ei ${props.tone ?? ""}`}>
        <Icon name={props.icon} />
      </span>
      <b>{props.title}</b>
      {props.children && <p>{props.children}</p>}
      {props.actions && <div className="actions">{props.actions}</div>}
    </div>
  );
}

/** In the pane that failed; the others stay alive. */
export function Failed(props: { title: string; error: unknown; words?: string; retry: () => void }) {
  const { title, error, retry } = props;
  return (
    <div role="alert">
      <Empty
        icon="alert"
        tone="bad"
        title={title}
        actions={
          <>
            <Button look="pri" onClick={retry}>
              Try again
            </Button>
            <Button look="ghost" onClick={() => void copyAndSay(details(error))}>
              Copy details
            </Button>
          </>
        }
      >
        {props.words ?? words(error)}
      </Empty>
    </div>
  );
}

/** Grey rows of the real height, shown only when loading takes longer than 150 ms. */
export function SkeletonRows({ count = 8, avatar = true }: { count?: number; avatar?: boolean }) {
  const late = useDelayed(true);
  if (!late) return <div aria-busy="true" />;
  return (
    <div aria-busy="true" role="status" aria-label="Loading">
      {Array.from({ length: count }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
        <div className="skel-row" key={row}>
          {avatar && <span className="skel round" />}
          <span className="grow">
            <span className={`skel a w${row % 3}`} />
            <span className={`skel b w${(row + 1) % 3}`} />
          </span>
        </div>
      ))}
    </div>
  );
}
