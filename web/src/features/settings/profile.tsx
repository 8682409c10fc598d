import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/api/client.ts";
import { keys } from "@/api/keys.ts";
import { useMe } from "@/api/me.ts";
import { unwrap, words } from "@/api/problem.ts";
import { amend } from "@/api/session.ts";
import { sessions } from "@/api/workspace.ts";
import { useNow } from "@/lib/hooks.ts";
import { ago } from "@/lib/time.ts";
import { Button } from "@/ui/controls.tsx";
import { FieldsForm } from "@/ui/form.tsx";
import { signOutOrSay } from "@/ui/sign-out.ts";
import { Failed, SkeletonRows } from "@/ui/states.tsx";
import { toast } from "@/ui/toast.tsx";
import { Frame } from "./frame.tsx";
import { Preferences } from "./preferences.tsx";

/** What belongs to oneself: name, password, where one is signed in, how the app looks. */
export function ProfilePage() {
  const { user } = useMe();
  const cache = useQueryClient();
  return (
    <Frame
      title="Profile"
      admin={false}
      actions={
        <Button look="ghost" onClick={() => void signOutOrSay()}>
          Sign out
        </Button>
      }
    >
      <Preferences />
      <div className="card narrow">
        <header>
          <h2>You</h2>
        </header>
        <div className="in">
          <FieldsForm
            fields={[
              {
                name: "name",
                label: "Name",
                initial: user.name,
                autoComplete: "name",
                maxLength: 120,
                help: `Teammates see it. You sign in as ${user.email}.`,
              },
            ]}
            action="Save name"
            look=""
            focus={false}
            submit={async ({ name = "" }) => {
              const saved = await unwrap(
                api.PATCH("/api/v1/users/{id}", { params: { path: { id: user.id } }, body: { name } }),
              );
              amend({ user: saved });
              await cache.invalidateQueries({ queryKey: keys.people });
              toast("Saved.");
            }}
          />
        </div>
      </div>
      <div className="card narrow">
        <header>
          <h2>Password</h2>
        </header>
        <div className="in">
          <Password />
        </div>
      </div>
      <Sessions />
    </Frame>
  );
}

function Password() {
  const cache = useQueryClient();
  const [changes, setChanges] = useState(0);
  return (
    <FieldsForm
      // Anew after each change: passwords do not stay in the page.
      key={changes}
      fields={[
        {
          name: "current_password",
          label: "Current password",
          type: "password",
          autoComplete: "current-password",
        },
        {
          name: "new_password",
          label: "New password",
          type: "password",
          autoComplete: "new-password",
          fresh: true,
          help: "8 characters or more.",
        },
      ]}
      action="Change password"
      look=""
      focus={false}
      submit={async ({ current_password = "", new_password = "" }) => {
        await unwrap(api.POST("/api/v1/auth/password", { body: { current_password, new_password } }));
        await cache.invalidateQueries({ queryKey: keys.sessions });
        setChanges((n) => n + 1);
        toast("Password changed.");
      }}
    />
  );
}

function Sessions() {
  const { tenant } = useMe();
  const query = useQuery(sessions());
  const cache = useQueryClient();
  const now = useNow();
  const end = async (id?: string) => {
    try {
      await unwrap(
        id
          ? api.DELETE("/api/v1/auth/sessions/{id}", { params: { path: { id } } })
          : api.DELETE("/api/v1/auth/sessions"),
      );
      await cache.invalidateQueries({ queryKey: keys.sessions });
      toast(id ? "Signed out there." : "Signed out everywhere else.");
    } catch (error) {
      toast(words(error), { bad: true });
    }
  };
  return (
    <div className="card narrow">
      <header>
        <h2 className="grow">Where you are signed in</h2>
        {(query.data?.length ?? 0) > 1 && (
          <Button look="s" onClick={() => void end()}>
            Sign out everywhere else
          </Button>
        )}
      </header>
      {query.isPending && <SkeletonRows count={2} avatar={false} />}
      {query.error && !query.data && (
        <Failed title="The list did not load" error={query.error} retry={() => void query.refetch()} />
      )}
      <ul className="ck">
        {query.data?.map((session) => (
          <li key={session.id}>
            <span className="grow">
              <b>{device(session.user_agent ?? "")}</b>
              <span className="what">
                {session.current
                  ? "This browser"
                  : `Last used ${ago(session.last_used_at, tenant.time_zone, now)}`}
              </span>
            </span>
            {!session.current && (
              <Button look="s" onClick={() => void end(session.id)}>
                Sign out
              </Button>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** `Chrome on Linux` out of what the browser says about itself. */
function device(agent: string): string {
  const browser = /Edg|Firefox|Chrome|Safari/.exec(agent)?.[0]?.replace("Edg", "Edge") ?? "A browser";
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(agent)?.[0];
  return system ? `${browser} on ${system}` : browser;
}
