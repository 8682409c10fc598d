import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMe } from "@/api/me.ts";
import type { Conversation, Status } from "@/api/types.ts";
import { people } from "@/api/workspace.ts";
import { usePhone } from "@/lib/hooks.ts";
import { phone } from "@/lib/numbers.ts";
import { useShortcut } from "@/lib/shortcuts.ts";
import { cleanLine } from "@/lib/text.ts";
import { Button, IconButton } from "@/ui/controls.tsx";
import { Icon } from "@/ui/icons.tsx";
import { Menu, type MenuItem } from "@/ui/menu.tsx";
import { Avatar, Name } from "@/ui/person.tsx";
import type { Actions } from "../actions.ts";

interface HeadProps {
  conversation: Conversation;
  actions: Actions;
  changeStatus: (conversation: Conversation, status: Status) => void;
  onBack: () => void;
  onContact: () => void;
}

const statusWords = { OPEN: "Open", PENDING: "Pending", RESOLVED: "Resolved", SPAM: "Spam" } as const;

/** Who it is, whose it is, and what can be done with it. */
export function ThreadHead({ conversation: c, actions, changeStatus, onBack, onContact }: HeadProps) {
  const { user } = useMe();
  const team = useQuery(people()).data ?? [];
  const phoneWide = usePhone();
  const [assignSignal, setAssignSignal] = useState(0);
  const agent = team.find((person) => person.id === c.assigned_agent_id);
  const closed = c.status === "RESOLVED" || c.status === "SPAM";

  useShortcut("e", () => changeStatus(c, "RESOLVED"), c.status !== "RESOLVED");
  useShortcut("p", () => changeStatus(c, "PENDING"), c.status !== "PENDING");
  useShortcut("!", () => changeStatus(c, "SPAM"), c.status !== "SPAM");
  useShortcut("u", () => {
    onBack();
    void actions.unread(c);
  });
  useShortcut("i", () => void actions.assignTo(c, user));
  useShortcut("a", () => setAssignSignal((n) => n + 1));

  const assignItems: MenuItem[] = [
    {
      label: "Unassigned",
      icon: "people",
      checked: !c.assigned_agent_id,
      onSelect: () => void actions.assignTo(c, null),
    },
    ...team
      .filter((person) => person.is_active)
      .sort((a, b) => Number(b.id === user.id) - Number(a.id === user.id) || a.name.localeCompare(b.name))
      .map((person) => ({
        label: person.id === user.id ? `${cleanLine(person.name, 40)} (you)` : cleanLine(person.name, 60),
        lead: <Avatar id={person.id} name={person.name} size={20} />,
        checked: person.id === c.assigned_agent_id,
        onSelect: () => void actions.assignTo(c, person),
      })),
  ];
  const more: MenuItem[] = [
    ...(c.status === "OPEN"
      ? []
      : [{ label: "Reopen", icon: "refresh" as const, onSelect: () => changeStatus(c, "OPEN") }]),
    ...(c.status === "RESOLVED"
      ? []
      : [
          {
            label: "Resolve",
            icon: "check" as const,
            keys: "E",
            onSelect: () => changeStatus(c, "RESOLVED"),
          },
        ]),
    ...(c.status === "PENDING"
      ? []
      : [
          {
            label: "Set to pending",
            icon: "clock" as const,
            keys: "P",
            onSelect: () => changeStatus(c, "PENDING"),
          },
        ]),
    ...(c.assigned_agent_id === user.id
      ? []
      : [
          {
            label: "Assign to me",
            icon: "user" as const,
            keys: "I",
            onSelect: () => void actions.assignTo(c, user),
          },
        ]),
    {
      label: "Mark as unread",
      icon: "bell",
      keys: "U",
      onSelect: () => {
        onBack();
        void actions.unread(c);
      },
    },
    ...(c.status === "SPAM"
      ? []
      : [{ label: "Spam", icon: "shield" as const, keys: "!", onSelect: () => changeStatus(c, "SPAM") }]),
    { label: "Contact details", icon: "user", keys: "]", onSelect: onContact },
  ];

  return (
    <header className="th">
      <IconButton icon="left" label="Back to the list" look="back" onClick={onBack} />
      <button type="button" className="grow who" onClick={onContact} title="Contact details (])">
        <h2 className="clip" aria-level={phoneWide ? 1 : 2}>
          <Name whole>{c.contact.name}</Name>
        </h2>
        <span className="sub2 clip num">
          {c.contact.phone
            ? phone(c.contact.phone)
            : c.contact.username
              ? `@${cleanLine(c.contact.username, 40)}`
              : "Number hidden"}
          {c.status !== "OPEN" && ` · ${statusWords[c.status]}`}
        </span>
      </button>
      <Menu
        label={agent ? `Assigned to ${cleanLine(agent.name, 60)}` : "Assign"}
        buttonClass="btn assign"
        signal={assignSignal}
        button={() => (
          <>
            {agent ? <Avatar id={agent.id} name={agent.name} size={20} /> : <Icon name="user" size="s" />}
            <span className="dk clip">
              {agent ? (
                <Name limit={24}>{agent.name.split(" ")[0] ?? agent.name}</Name>
              ) : c.assigned_agent_id ? (
                "Assigned"
              ) : (
                "Assign"
              )}
            </span>
            <Icon name="down" size="xs" className="dk" />
          </>
        )}
        items={assignItems}
      />
      {closed ? (
        <Button look="dk" icon="refresh" onClick={() => changeStatus(c, "OPEN")}>
          Reopen
        </Button>
      ) : (
        <Button look="dk" icon="check" title="Resolve (E)" onClick={() => changeStatus(c, "RESOLVED")}>
          Resolve <kbd aria-hidden="true">E</kbd>
        </Button>
      )}
      <Menu label="More actions" buttonClass="ib" button={() => <Icon name="more" />} items={more} />
    </header>
  );
}
