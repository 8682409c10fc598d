import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { inboxCounts } from "@/api/inbox.ts";
import type { ListFilter, Status, View } from "@/api/types.ts";
import { useMedia, useSettled } from "@/lib/hooks.ts";
import { badge } from "@/lib/numbers.ts";
import { useShortcut } from "@/lib/shortcuts.ts";
import { IconButton } from "@/ui/controls.tsx";
import { Icon } from "@/ui/icons.tsx";
import { Menu } from "@/ui/menu.tsx";

const titles: Record<View, string> = {
  all: "All conversations",
  mine: "Assigned to me",
  unassigned: "Unassigned",
  unread: "Unread",
};

const statuses: ReadonlyArray<readonly [Status, string]> = [
  ["OPEN", "Open"],
  ["PENDING", "Pending"],
  ["RESOLVED", "Resolved"],
];

/** The view's name, the search field and the status. On narrow screens the name is the menu of views. */
export function ListHead({
  filter,
  refine,
}: {
  filter: ListFilter;
  refine: (change: Partial<ListFilter>) => void;
}) {
  const counts = useQuery(inboxCounts(filter.view)).data;
  const narrow = useMedia("(max-width: 1279px)");
  const [searching, setSearching] = useState(Boolean(filter.q));
  const input = useRef<HTMLInputElement>(null);
  const [words, setWords] = useState(filter.q ?? "");
  const settled = useSettled(words.trim(), 250);
  const sent = useRef(filter.q ?? "");

  useEffect(() => {
    if (settled === sent.current) return;
    sent.current = settled;
    refine({ q: settled });
  }, [settled, refine]);
  // Cleared from outside, by Esc or "Clear search".
  useEffect(() => {
    if (filter.q !== undefined || sent.current === "") return;
    sent.current = "";
    setWords("");
  }, [filter.q]);

  const search = () => {
    setSearching(true);
    requestAnimationFrame(() => input.current?.focus());
  };
  useShortcut("/", search);
  const close = () => {
    setSearching(false);
    setWords("");
    sent.current = "";
    refine({ q: "" });
  };
  const number = { OPEN: counts?.open, PENDING: counts?.pending, RESOLVED: undefined, SPAM: undefined };

  return (
    <>
      <div className="lh">
        {narrow ? (
          <h1 className="grow">
            <Menu
              label="View"
              side="left"
              buttonClass="view-menu"
              button={() => (
                <>
                  <span className="clip">{titles[filter.view]}</span>
                  <Icon name="down" size="s" />
                </>
              )}
              items={(["mine", "unread", "unassigned", "all"] as const).map((view) => ({
                label: titles[view],
                checked: view === filter.view,
                onSelect: () => refine({ view }),
              }))}
            />
          </h1>
        ) : (
          <h1 className="grow clip">{titles[filter.view]}</h1>
        )}
        <IconButton
          icon="search"
          label="Search in this view"
          keys="/"
          look={searching ? "on" : ""}
          onClick={searching ? close : search}
        />
      </div>
      {searching && (
        <div className="lsearch">
          <div className="field">
            <Icon name="search" size="s" className="muted" />
            <input
              ref={input}
              type="search"
              aria-label="Search conversations"
              placeholder="Name, number or words"
              value={words}
              maxLength={200}
              onChange={(event) => setWords(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== "Escape") return;
                event.preventDefault();
                event.stopPropagation();
                close();
              }}
            />
            {words && <IconButton icon="x" label="Clear search" look="s" onClick={close} />}
          </div>
        </div>
      )}
      <div className="lt">
        <fieldset className="seg" aria-label="Status">
          {statuses.map(([status, label]) => (
            <button
              key={status}
              type="button"
              className={filter.status === status ? "on" : ""}
              aria-pressed={filter.status === status}
              onClick={() => refine({ status })}
            >
              {label} <span className="num">{badge(number[status])}</span>
            </button>
          ))}
        </fieldset>
        <span className="grow" />
        <Menu
          label="More statuses"
          buttonClass={filter.status === "SPAM" ? "ib on" : "ib"}
          button={() => <Icon name="more" />}
          items={[
            {
              label: "Spam",
              icon: "shield",
              checked: filter.status === "SPAM",
              onSelect: () => refine({ status: "SPAM" }),
            },
          ]}
        />
      </div>
    </>
  );
}
