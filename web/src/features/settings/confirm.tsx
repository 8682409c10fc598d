import { type ReactNode, useCallback } from "react";
import { words } from "@/api/problem.ts";
import { useTask } from "@/lib/task.ts";
import { Button } from "@/ui/controls.tsx";
import { Dialog } from "@/ui/dialog.tsx";

/** Only for what cannot be undone. */
export function Confirm(props: {
  title: string;
  children: ReactNode;
  action: string;
  run: () => Promise<void>;
  onClose: () => void;
}) {
  const { run, onClose } = props;
  const task = useTask(
    useCallback(async () => {
      await run();
      onClose();
    }, [run, onClose]),
  );
  return (
    <Dialog title={props.title} onClose={onClose}>
      <div className="body">
        <p>{props.children}</p>
        {task.error !== undefined && (
          <p className="refused" role="alert">
            {words(task.error)}
          </p>
        )}
        <div className="actions">
          <Button look="l ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button look="l danger pri" busy={task.busy} onClick={() => void task.start()}>
            {props.action}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
