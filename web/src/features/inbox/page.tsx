import { useQueryClient } from "@tanstack/react-query";
import {
  CatchBoundary,
  type ErrorComponentProps,
  useLocation,
  useNavigate,
  useRouter,
} from "@tanstack/react-router";
import { useCallback, useEffect, useState } from "react";
import { keys } from "@/api/keys.ts";
import type { Conversation, Status } from "@/api/types.ts";
import { useMedia } from "@/lib/hooks.ts";
import { useShortcut } from "@/lib/shortcuts.ts";
import { load, save } from "@/lib/storage.ts";
import { cleanLine } from "@/lib/text.ts";
import type { Pages } from "@/realtime/apply.ts";
import { Dialog } from "@/ui/dialog.tsx";
import { Failed } from "@/ui/states.tsx";
import { useActions } from "./actions.ts";
import { ContactPane } from "./contact/pane.tsx";
import { ConversationList } from "./list/list.tsx";
import { NoSelection } from "./no-selection.tsx";
import { Thread } from "./thread/thread.tsx";
import { usePlace } from "./use-inbox.ts";
import "./inbox.css";

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** The contact's drawer is open. */
    contact?: boolean;
  }
}

/** The inbox: list, thread, contact. On phones one of them at a time. */
export function InboxPage() {
  const { filter, conversationId, open, refine } = usePlace();
  const actions = useActions(conversationId);
  const cache = useQueryClient();
  const wide = useMedia("(min-width: 1280px)");
  const [paneWanted, setPaneWanted] = useState(load("contactPane") !== "closed");
  // In the history, so that the way back closes it first, and another conversation begins without it.
  const drawer = useLocation({ select: ({ state }) => state.contact === true });
  const navigate = useNavigate();
  const { history } = useRouter();

  const neighbour = useCallback(
    (step: 1 | -1): Conversation | undefined => {
      const pages = cache.getQueryData<Pages<Conversation>>(keys.list(filter));
      const rows = pages?.pages.flatMap((page) => page.data) ?? [];
      const at = rows.findIndex((row) => row.id === conversationId);
      if (at < 0) return step === 1 ? rows[0] : undefined;
      return rows[at + step];
    },
    [cache, filter, conversationId],
  );
  const go = (step: 1 | -1) => {
    const next = neighbour(step);
    if (next) open(next.id, conversationId !== undefined);
  };
  useShortcut("j", () => go(1));
  useShortcut("k", () => go(-1));
  useShortcut("Escape", () => {
    if (filter.q) refine({ q: "" });
    else if (conversationId) open(undefined);
  });
  // What had the focus may have gone with the conversation before: it must not fall back to the top of the page.
  useEffect(() => {
    if (document.activeElement !== document.body) return;
    document
      .querySelector<HTMLElement>(conversationId ? ".inbox .thread" : ".inbox .cvs")
      ?.focus({ preventScroll: true });
  }, [conversationId]);
  const togglePane = () => {
    if (!wide && drawer) return history.back();
    if (!wide) return void navigate({ to: ".", search: true, state: { contact: true } });
    save("contactPane", paneWanted ? "closed" : null);
    setPaneWanted(!paneWanted);
  };
  useShortcut("]", togglePane, conversationId !== undefined);

  /** Changes the status and, if it thereby leaves the list, goes on to the next row. */
  const changeStatus = useCallback(
    (conversation: Conversation, status: Status) => {
      const leaves = status !== filter.status && !filter.q;
      const next = leaves ? (neighbour(1) ?? neighbour(-1)) : undefined;
      const note = next && status === "RESOLVED" ? `Next: ${cleanLine(next.contact.name, 60)}` : "";
      void actions.changeStatus(conversation, status, note);
      if (leaves && wide) open(next?.id, true);
      else if (leaves) open(undefined);
    },
    [actions, filter, neighbour, open, wide],
  );

  const broken = useCallback(
    ({ error, reset }: ErrorComponentProps) => (
      <section className="col" aria-label="Error">
        <Failed title="This could not be shown" error={error} retry={reset} />
      </section>
    ),
    [],
  );
  const pane = conversationId && wide && paneWanted;
  return (
    <div className={`inbox page ${conversationId ? "reading" : ""} ${pane ? "with-pane" : ""}`}>
      <CatchBoundary getResetKey={() => JSON.stringify(filter)} errorComponent={broken}>
        <ConversationList filter={filter} refine={refine} open={open} selected={conversationId} />
      </CatchBoundary>
      {conversationId ? (
        <CatchBoundary getResetKey={() => conversationId} errorComponent={broken}>
          <Thread
            key={conversationId}
            id={conversationId}
            actions={actions}
            changeStatus={changeStatus}
            onBack={() => open(undefined)}
            onContact={togglePane}
          />
        </CatchBoundary>
      ) : (
        <NoSelection />
      )}
      {pane && (
        <aside className="col pr" aria-label="Contact">
          <ContactPane key={conversationId} conversationId={conversationId} />
        </aside>
      )}
      {conversationId && !wide && drawer && (
        <Dialog title="Contact" look="drawer" onClose={togglePane}>
          <div className="pr">
            <ContactPane key={conversationId} conversationId={conversationId} />
          </div>
        </Dialog>
      )}
    </div>
  );
}
