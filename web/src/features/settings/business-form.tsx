import { useMemo, useState } from "react";
import { api } from "@/api/client.ts";
import { useMe } from "@/api/me.ts";
import { unwrap } from "@/api/problem.ts";
import { amend } from "@/api/session.ts";
import { SelectField } from "@/ui/controls.tsx";
import { FieldsForm } from "@/ui/form.tsx";

/** Name and time zone: days and times everywhere follow the zone. */
export function BusinessForm(props: { action: string; look: string; focus: boolean; onDone: () => void }) {
  const { tenant } = useMe();
  const zones = useMemo(() => {
    const all = new Set(["Asia/Kolkata", tenant.time_zone, Intl.DateTimeFormat().resolvedOptions().timeZone]);
    for (const zone of Intl.supportedValuesOf("timeZone")) all.add(zone);
    return [...all].filter(Boolean).map((zone) => [zone, zone.replaceAll("_", " ")] as const);
  }, [tenant.time_zone]);
  const [zone, setZone] = useState(tenant.time_zone);
  return (
    <FieldsForm
      fields={[
        {
          name: "name",
          label: "Business name",
          initial: tenant.name,
          autoComplete: "organization",
          maxLength: 120,
        },
      ]}
      action={props.action}
      look={props.look}
      focus={props.focus}
      submit={async ({ name = "" }) => {
        amend({ tenant: await unwrap(api.PATCH("/api/v1/tenant", { body: { name, time_zone: zone } })) });
        props.onDone();
      }}
    >
      <SelectField label="Time zone" value={zone} options={zones} onChange={setZone} />
    </FieldsForm>
  );
}
