import { useQuery } from "@tanstack/react-query";
import { inboxCounts } from "@/api/inbox.ts";
import { Empty } from "@/ui/states.tsx";

/** The middle when nothing is chosen: the keys that choose. Not shown on phones, where the list fills the screen. */
export function NoSelection() {
  const counts = useQuery(inboxCounts("all")).data;
  return (
    <section className="col thread none" aria-label="No conversation chosen">
      {counts?.all === 0 ? (
        <Empty icon="chat" title="No conversation is open">
          When a customer writes, it appears on the left and opens here.
        </Empty>
      ) : (
        <Empty icon="chat" title="Choose a conversation" actions={<Hints />} />
      )}
    </section>
  );
}

function Hints() {
  return (
    <span className="hints">
      <span>
        <kbd>J</kbd> <kbd>K</kbd> next and previous
      </span>
      <span>
        <kbd>/</kbd> search
      </span>
      <span>
        <kbd>?</kbd> all shortcuts
      </span>
    </span>
  );
}
