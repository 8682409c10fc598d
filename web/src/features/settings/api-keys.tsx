import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { api } from "@/api/client.ts";
import { keys } from "@/api/keys.ts";
import { useMe } from "@/api/me.ts";
import { unwrap } from "@/api/problem.ts";
import type { ApiKey, Scope } from "@/api/types.ts";
import { apiKeys } from "@/api/workspace.ts";
import { useNow } from "@/lib/hooks.ts";
import { ago, date } from "@/lib/time.ts";
import { Button, SelectField } from "@/ui/controls.tsx";
import { Dialog } from "@/ui/dialog.tsx";
import { FieldsForm } from "@/ui/form.tsx";
import { Name } from "@/ui/person.tsx";
import { Empty, Failed, SkeletonRows } from "@/ui/states.tsx";
import { Confirm } from "./confirm.tsx";
import { Frame } from "./frame.tsx";
import { Once } from "./once.tsx";

const scopes: ReadonlyArray<readonly [Scope, string]> = [
  ["READ", "Read: conversations, messages, contacts"],
  ["WRITE", "Write: also send and change them"],
  ["ADMIN", "Admin: all that an admin may do"],
];
const scopeWords: Record<Scope, string> = { READ: "Read", WRITE: "Write", ADMIN: "Admin" };

export function ApiKeysPage() {
  const { tenant } = useMe();
  const query = useQuery(apiKeys());
  const cache = useQueryClient();
  const now = useNow();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | undefined>();
  const create = (
    <Button icon="plus" onClick={() => setCreating(true)}>
      Create key
    </Button>
  );
  const revokingId = revoking?.id;
  const revoke = useCallback(async () => {
    if (!revokingId) return;
    await unwrap(api.DELETE("/api/v1/api-keys/{id}", { params: { path: { id: revokingId } } }));
    await cache.invalidateQueries({ queryKey: keys.apiKeys });
  }, [cache, revokingId]);
  const close = useCallback(() => setRevoking(undefined), []);

  return (
    <Frame title="API keys" admin actions={create}>
      {query.isPending && <SkeletonRows count={3} avatar={false} />}
      {query.error && !query.data && (
        <Failed title="API keys did not load" error={query.error} retry={() => void query.refetch()} />
      )}
      {query.data?.length === 0 && (
        <Empty icon="key" title="No API keys yet" actions={create}>
          A key lets your shop or another program read and send messages through Tarun’s API.
        </Empty>
      )}
      {query.data && query.data.length > 0 && (
        <div className="card tbl-wrap">
          <table className="t">
            <thead>
              <tr>
                <th>Name</th>
                <th>Key</th>
                <th>Scope</th>
                <th>Created</th>
                <th>Last used</th>
                <th>Ends</th>
                <th>
                  <span className="sr">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {query.data.map((key) => (
                <tr key={key.id}>
                  <td>
                    <Name limit={60}>{key.name}</Name>
                  </td>
                  <td className="mono">…{key.hint}</td>
                  <td>{scopeWords[key.scope]}</td>
                  <td className="num">{date(key.created_at, tenant.time_zone)}</td>
                  <td className="num">
                    {key.last_used_at ? ago(key.last_used_at, tenant.time_zone, now) : "Never"}
                  </td>
                  <td className="num">{key.expires_at ? date(key.expires_at, tenant.time_zone) : "Never"}</td>
                  <td className="r">
                    <Button
                      look="s danger"
                      onClick={() => setRevoking(key)}
                      aria-label={`Revoke ${key.name.slice(0, 60)}`}
                    >
                      Revoke
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {creating && <CreateDialog onClose={() => setCreating(false)} />}
      {revoking && (
        <Confirm title="Revoke this key?" action="Revoke key" run={revoke} onClose={close}>
          Whatever uses “<Name limit={60}>{revoking.name}</Name>” stops working at once. This cannot be
          undone.
        </Confirm>
      )}
    </Frame>
  );
}

const dayMs = 24 * 3600 * 1000;

function CreateDialog({ onClose }: { onClose: () => void }) {
  const cache = useQueryClient();
  const [scope, setScope] = useState<Scope>("READ");
  const [days, setDays] = useState<"0" | "30" | "90" | "365">("90");
  const [made, setMade] = useState<ApiKey | undefined>();
  return (
    <Dialog title={made ? "Your new key" : "Create an API key"} keep onClose={onClose}>
      <div className="body">
        {made?.key ? (
          <>
            <Once value={made.key} label="API key">
              Copy it now and keep it safe. It is not shown again.
            </Once>
            <div className="actions">
              <Button look="l pri" onClick={onClose}>
                Done
              </Button>
            </div>
          </>
        ) : (
          <FieldsForm
            fields={[
              { name: "name", label: "Name", help: "What uses it, for example: Shop.", maxLength: 120 },
            ]}
            action="Create key"
            submit={async ({ name = "" }) => {
              const expires_at =
                days === "0" ? undefined : new Date(Date.now() + Number(days) * dayMs).toISOString();
              const body = { name, scope, ...(expires_at ? { expires_at } : {}) };
              setMade(await unwrap(api.POST("/api/v1/api-keys", { body })));
              await cache.invalidateQueries({ queryKey: keys.apiKeys });
            }}
          >
            <SelectField label="What it may do" value={scope} options={scopes} onChange={setScope} />
            <SelectField
              label="Ends"
              value={days}
              onChange={setDays}
              options={[
                ["30", "In 30 days"],
                ["90", "In 90 days"],
                ["365", "In a year"],
                ["0", "Never"],
              ]}
            />
          </FieldsForm>
        )}
      </div>
    </Dialog>
  );
}
