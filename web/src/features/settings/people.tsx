import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { api } from "@/api/client.ts";
import { keys } from "@/api/keys.ts";
import { may, roleWords, useMe } from "@/api/me.ts";
import { unwrap, words } from "@/api/problem.ts";
import type { Role, User } from "@/api/types.ts";
import { people } from "@/api/workspace.ts";
import { useNow } from "@/lib/hooks.ts";
import { cleanLine } from "@/lib/text.ts";
import { ago } from "@/lib/time.ts";
import { Button } from "@/ui/controls.tsx";
import { Dialog } from "@/ui/dialog.tsx";
import { Icon } from "@/ui/icons.tsx";
import { Menu, type MenuItem } from "@/ui/menu.tsx";
import { Avatar, Name } from "@/ui/person.tsx";
import { Failed, SkeletonRows } from "@/ui/states.tsx";
import { toast } from "@/ui/toast.tsx";
import { Confirm } from "./confirm.tsx";
import { Frame } from "./frame.tsx";
import { Invitations, InviteDialog } from "./invitations.tsx";
import { Once } from "./once.tsx";

export function PeoplePage() {
  const query = useQuery(people());
  const [inviting, setInviting] = useState(false);
  return (
    <Frame
      title="People"
      admin
      actions={
        <Button icon="plus" onClick={() => setInviting(true)}>
          Invite
        </Button>
      }
    >
      {query.isPending && <SkeletonRows count={4} />}
      {query.error && !query.data && (
        <Failed title="People did not load" error={query.error} retry={() => void query.refetch()} />
      )}
      {query.data && (
        <div className="card tbl-wrap">
          <table className="t">
            <thead>
              <tr>
                <th>Name</th>
                <th>Role</th>
                <th>Last seen</th>
                <th>
                  <span className="sr">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {query.data.map((person) => (
                <PersonRow key={person.id} person={person} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Invitations />
      {inviting && <InviteDialog onClose={() => setInviting(false)} />}
    </Frame>
  );
}

function PersonRow({ person }: { person: User }) {
  const me = useMe();
  const { user, tenant } = me;
  const cache = useQueryClient();
  const now = useNow();
  const [link, setLink] = useState("");
  const [removing, setRemoving] = useState(false);
  const mine = person.id === user.id;
  const above = person.role === "OWNER" && !may(me, "owner.manage");

  const patch = useCallback(
    async (body: { role?: Role; is_active?: boolean }) => {
      await unwrap(api.PATCH("/api/v1/users/{id}", { params: { path: { id: person.id } }, body }));
      await cache.invalidateQueries({ queryKey: keys.people });
    },
    [cache, person.id],
  );
  const change = async (body: { role?: Role; is_active?: boolean }, done: string) => {
    try {
      await patch(body);
      toast(done);
    } catch (error) {
      toast(words(error), { bad: true });
    }
  };
  const deactivate = useCallback(() => patch({ is_active: false }), [patch]);
  const close = useCallback(() => setRemoving(false), []);
  const reset = async () => {
    try {
      const made = await unwrap(
        api.POST("/api/v1/users/{id}/password-reset", { params: { path: { id: person.id } } }),
      );
      setLink(made.url);
    } catch (error) {
      toast(words(error), { bad: true });
    }
  };
  const items: MenuItem[] = [
    { label: "Make a password reset link", icon: "key", onSelect: () => void reset() },
    person.is_active
      ? { label: "Deactivate", icon: "lock", danger: true, onSelect: () => setRemoving(true) }
      : {
          label: "Let in again",
          icon: "check",
          onSelect: () => void change({ is_active: true }, "They can sign in again."),
        },
  ];
  const roles: Role[] = may(me, "owner.manage") ? ["OWNER", "ADMIN", "AGENT"] : ["ADMIN", "AGENT"];

  return (
    <tr className={person.is_active ? "" : "off"}>
      <td>
        <span className="who-cell">
          <Avatar id={person.id} name={person.name} size={28} />
          <span className="grow">
            <b className="clip">
              <Name limit={60}>{person.name}</Name>
              {mine && " (you)"}
            </b>
            <span className="muted clip">
              <Name limit={80}>{person.email}</Name>
              {!person.is_active && " · deactivated"}
            </span>
          </span>
        </span>
      </td>
      <td data-label="Role">
        {mine || above ? (
          roleWords[person.role]
        ) : (
          <select
            aria-label={`Role of ${cleanLine(person.name, 60)}`}
            value={person.role}
            onChange={(event) => void change({ role: event.target.value as Role }, "Role changed.")}
          >
            {roles.map((role) => (
              <option key={role} value={role}>
                {roleWords[role]}
              </option>
            ))}
          </select>
        )}
      </td>
      <td className="num" data-label="Last seen">
        {person.last_seen_at ? ago(person.last_seen_at, tenant.time_zone, now) : "–"}
      </td>
      <td className="r">
        {!mine && !above && (
          <Menu
            label={`Actions for ${cleanLine(person.name, 60)}`}
            buttonClass="ib"
            button={() => <Icon name="more" />}
            items={items}
          />
        )}
        {link && (
          <Dialog title="Password reset link" keep onClose={() => setLink("")}>
            <div className="body">
              <Once value={link} label="Reset link">
                Send this link to <Name limit={60}>{person.name}</Name>. It works once, for one hour, and is
                shown only now.
              </Once>
            </div>
          </Dialog>
        )}
        {removing && (
          <Confirm title="Deactivate this person?" action="Deactivate" run={deactivate} onClose={close}>
            <Name limit={60}>{person.name}</Name> is signed out everywhere and cannot sign in. Their open
            conversations stay assigned to them until somebody takes them. You can let them in again later.
          </Confirm>
        )}
      </td>
    </tr>
  );
}
