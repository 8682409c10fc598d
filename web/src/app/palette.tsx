import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useState } from "react";
import { conversationList } from "@/api/inbox.ts";
import { useMe } from "@/api/me.ts";
import { settingsPlaces } from "@/features/settings/places.ts";
import { summary } from "@/lib/content.ts";
import { useSettled } from "@/lib/hooks.ts";
import { paths } from "@/lib/paths.ts";
import { composing } from "@/lib/shortcuts.ts";
import { chooseTheme } from "@/lib/theme.ts";
import { Dialog } from "@/ui/dialog.tsx";
import { Icon, type IconName } from "@/ui/icons.tsx";
import { Name } from "@/ui/person.tsx";
import { signOutOrSay } from "@/ui/sign-out.ts";

interface Entry {
  id: string;
  group: string;
  icon: IconName;
  name: string;
  hint?: string;
  keys?: string;
  run: () => void;
}

/** Conversations, places and actions in one search field. */
export function Palette({ onClose }: { onClose: () => void }) {
  const me = useMe();
  const navigate = useNavigate();
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const q = useSettled(words.trim(), 150);
  /** Enter was pressed before the conversations for these words were there. */
  const [hasty, setHasty] = useState(false);
  const found = useInfiniteQuery(conversationList({ view: "all", status: "OPEN", ...(q ? { q } : {}) }));

  // Those for other words are not what somebody means who types a name and presses Enter.
  const settled = words.trim() === q && (!found.isPending || found.failureCount > 0);

  const fits = (name: string) => name.toLowerCase().includes(words.trim().toLowerCase());
  const entries: Entry[] = [
    ...(settled ? (found.data?.pages[0]?.data ?? []) : []).slice(0, 6).map((conversation) => ({
      id: conversation.id,
      group: "Open conversations",
      icon: "chat" as const,
      name: conversation.contact.name,
      hint: conversation.last_message
        ? summary(conversation.last_message.type, conversation.last_message.content, 60).text
        : "",
      run: () => void navigate({ to: paths.inbox, params: { conversationId: conversation.id }, search: {} }),
    })),
    ...[
      { name: "Inbox", keys: "G I", icon: "inbox" as const, run: () => void navigate({ to: paths.inbox }) },
      ...settingsPlaces(me).map((place) => ({
        name: `Settings: ${place.label}`,
        icon: "gear" as const,
        run: () => void navigate({ to: place.to }),
      })),
    ]
      .filter((place) => fits(place.name))
      .map((place) => ({ ...place, id: place.name, group: "Go to" })),
    ...[
      { name: "Light theme", icon: "eye" as const, run: () => chooseTheme("light") },
      { name: "Dark theme", icon: "eye" as const, run: () => chooseTheme("dark") },
      { name: "Theme of the system", icon: "eye" as const, run: () => chooseTheme("system") },
      { name: "Sign out", icon: "ext" as const, run: () => void signOutOrSay() },
    ]
      .filter((action) => fits(action.name))
      .map((action) => ({ ...action, id: action.name, group: "Actions" })),
  ];
  const chosen = Math.min(at, entries.length - 1);
  const take = (entry: Entry | undefined) => {
    onClose();
    entry?.run();
  };
  const first = entries[chosen];
  useEffect(() => {
    if (!hasty || !settled) return;
    setHasty(false);
    if (!first) return;
    onClose();
    first.run();
  }, [hasty, settled, first, onClose]);
  const onKey = (event: KeyboardEvent) => {
    if (composing(event.nativeEvent)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && entries.length > 0) {
      event.preventDefault();
      const to = (chosen + step + entries.length) % entries.length;
      setAt(to);
      document.getElementById(`palette-${to}`)?.scrollIntoView({ block: "nearest" });
    }
    if (event.key !== "Enter") return;
    if (settled) take(entries[chosen]);
    else setHasty(true);
  };

  return (
    <Dialog title="Search or jump" look="palette" plain onClose={onClose}>
      <div className="find">
        <Icon name="search" />
        <input
          role="combobox"
          aria-label="Search conversations, places and actions"
          aria-expanded={entries.length > 0}
          aria-controls="palette-list"
          aria-activedescendant={`palette-${chosen}`}
          placeholder="Search or jump"
          value={words}
          onChange={(event) => {
            setWords(event.target.value);
            setAt(0);
            setHasty(false);
          }}
          onKeyDown={onKey}
        />
      </div>
      <div id="palette-list" role="listbox" aria-label="Results" className="list">
        {entries.map((entry, index) => (
          <div key={entry.id} role="presentation">
            {entries[index - 1]?.group !== entry.group && <div className="grp">{entry.group}</div>}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the search field handles the keys */}
            <div
              id={`palette-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === chosen}
              onClick={() => take(entry)}
            >
              <Icon name={entry.icon} />
              <span className="name">
                <Name limit={60} whole>
                  {entry.name}
                </Name>
              </span>
              <bdi className="clip whole muted grow">{entry.hint}</bdi>
              {entry.keys && <kbd>{entry.keys}</kbd>}
              {index === chosen && <kbd aria-hidden="true">↵</kbd>}
            </div>
          </div>
        ))}
        {entries.length === 0 && settled && <p className="grp">Nothing found for these words.</p>}
      </div>
    </Dialog>
  );
}
