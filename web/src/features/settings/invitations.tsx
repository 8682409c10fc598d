import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/api/client.ts";
import { keys } from "@/api/keys.ts";
import { roleWords, useMe } from "@/api/me.ts";
import { unwrap, words } from "@/api/problem.ts";
import type { Invitation, Role } from "@/api/types.ts";
import { invitations } from "@/api/workspace.ts";
import { date } from "@/lib/time.ts";
import { Button, SelectField } from "@/ui/controls.tsx";
import { Dialog } from "@/ui/dialog.tsx";
import { FieldsForm } from "@/ui/form.tsx";
import { Name } from "@/ui/person.tsx";
import { toast } from "@/ui/toast.tsx";
import { Once } from "./once.tsx";

/** Who is invited and has not come yet. */
export function Invitations() {
  const { tenant } = useMe();
  const cache = useQueryClient();
  const waiting = useQuery(invitations()).data ?? [];
  if (waiting.length === 0) return null;
  const withdraw = async (id: string) => {
    try {
      await unwrap(api.DELETE("/api/v1/invitations/{id}", { params: { path: { id } } }));
      await cache.invalidateQueries({ queryKey: keys.invitations });
      toast("Invitation withdrawn. Its link no longer works.");
    } catch (error) {
      toast(words(error), { bad: true });
    }
  };
  return (
    <div className="card tbl-wrap">
      <header>
        <h2>Invited</h2>
      </header>
      <table className="t">
        <thead>
          <tr>
            <th>Email</th>
            <th>Role</th>
            <th>Link works until</th>
            <th>
              <span className="sr">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {waiting.map((invitation) => (
            <tr key={invitation.id}>
              <td>
                <Name limit={80}>{invitation.email}</Name>
              </td>
              <td>{roleWords[invitation.role]}</td>
              <td className="num">{date(invitation.expires_at, tenant.time_zone)}</td>
              <td className="r">
                <Button look="s" onClick={() => void withdraw(invitation.id)}>
                  Withdraw
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Makes an invitation and shows its link, which whoever invites passes on. */
export function InviteForm() {
  const cache = useQueryClient();
  const [role, setRole] = useState<Role>("AGENT");
  const [made, setMade] = useState<Invitation | undefined>();
  if (made?.url) {
    return (
      <>
        <Once value={made.url} label="Invitation link">
          Send this link to {made.email}. It is shown only now and works once.
        </Once>
        <p className="after">
          <Button onClick={() => setMade(undefined)}>Invite another</Button>
        </p>
      </>
    );
  }
  return (
    <FieldsForm
      fields={[{ name: "email", label: "Email", type: "email", autoComplete: "off" }]}
      action="Make invitation"
      submit={async ({ email = "" }) => {
        setMade(await unwrap(api.POST("/api/v1/invitations", { body: { email, role } })));
        await cache.invalidateQueries({ queryKey: keys.invitations });
      }}
    >
      <SelectField
        label="Role"
        value={role}
        onChange={setRole}
        options={[
          ["AGENT", "Agent: answers customers"],
          ["ADMIN", "Admin: also manages people and numbers"],
        ]}
      />
    </FieldsForm>
  );
}

export function InviteDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Invite a teammate" keep onClose={onClose}>
      <div className="body">
        <InviteForm />
      </div>
    </Dialog>
  );
}
