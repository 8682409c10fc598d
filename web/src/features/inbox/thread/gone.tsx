import { useMemo } from "react";
import { useMe } from "@/api/me.ts";
import { useStore } from "@/lib/store.ts";
import { discard, outbox } from "@/realtime/outbox.ts";
import { Button, copyAndSay } from "@/ui/controls.tsx";
import { Empty } from "@/ui/states.tsx";
import { drafts, keepDraft } from "../composer/drafts.ts";
import { Formatted } from "./formatted.tsx";

/** Also for one that was here a moment ago, because a teammate took it: what was typed or sent is not lost. */
export function Gone({ id, onBack }: { id: string; onBack: () => void }) {
  const kept = useKept(id);
  return (
    <div className="gone">
      <Empty
        icon="lock"
        title="This conversation is not here for you"
        actions={<Button onClick={onBack}>Back to the list</Button>}
      >
        It is assigned to a teammate, or it was removed. An admin can assign it to you.
      </Empty>
      {kept.length > 0 && (
        <section className="kept" aria-label="What you wrote">
          <h2>What you wrote has not reached anybody</h2>
          <ul>
            {kept.map((words) => (
              <li key={words.key}>
                <span className="muted">{words.what}</span>
                <Formatted text={words.text} />
                <span className="row">
                  <Button look="s" icon="copy" onClick={() => void copyAndSay(words.text)}>
                    Copy
                  </Button>
                  <Button look="s ghost" onClick={words.discard}>
                    Discard
                  </Button>
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

interface Kept {
  key: string;
  what: string;
  text: string;
  discard: () => void;
}

/** Messages that were not sent and drafts, of a reply and of a note. */
function useKept(id: string): Kept[] {
  const { user } = useMe();
  const entries = useStore(outbox);
  const written = useStore(drafts);
  return useMemo(() => {
    const unsent = entries
      .filter((entry) => entry.conversationId === id && entry.userId === user.id)
      .map((entry) => ({
        key: entry.key,
        what: entry.type === "NOTE" ? "Note, not added" : "Reply, not sent",
        text: entry.body,
        discard: () => discard(entry.key),
      }));
    const drafted = [
      { key: id, what: "Draft of a reply" },
      { key: `${id}:note`, what: "Draft of a note" },
    ].map((draft) => ({
      ...draft,
      text: written[draft.key]?.text ?? "",
      discard: () => keepDraft(draft.key, ""),
    }));
    return [...unsent, ...drafted.filter(({ text }) => text !== "")];
  }, [entries, written, id, user.id]);
}
