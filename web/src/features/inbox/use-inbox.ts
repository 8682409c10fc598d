import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { ListFilter } from "@/api/types.ts";
import { paths } from "@/lib/paths.ts";

const route = "/gate/shell/inbox/{-$conversationId}" as const;

/** Where the inbox is: everything about it lives in the address. */
export function usePlace() {
  const { view = "all", status = "OPEN", q } = useSearch({ from: route });
  const { conversationId } = useParams({ from: route });
  const navigate = useNavigate();
  const filter: ListFilter = useMemo(() => ({ view, status, ...(q ? { q } : {}) }), [view, status, q]);

  const open = useCallback(
    (id: string | undefined, replace = false) =>
      void navigate({ to: paths.inbox, params: { conversationId: id }, search: (now) => now, replace }),
    [navigate],
  );
  const refine = useCallback(
    (change: Partial<ListFilter>) =>
      void navigate({
        to: paths.inbox,
        params: (now) => now,
        search: (now) => {
          const { view: v, status: s, q: words } = { ...now, ...change } as Partial<ListFilter>;
          return {
            ...(v && v !== "all" ? { view: v } : {}),
            ...(s && s !== "OPEN" ? { status: s } : {}),
            ...(words ? { q: words } : {}),
          };
        },
        replace: true,
      }),
    [navigate],
  );
  return { filter, conversationId, open, refine };
}
