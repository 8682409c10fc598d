import { useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/client.ts";
import { keys } from "@/api/keys.ts";
import { unwrap } from "@/api/problem.ts";
import type { WhatsAppNumber } from "@/api/types.ts";
import { Dialog } from "@/ui/dialog.tsx";
import { type FieldSpec, FieldsForm } from "@/ui/form.tsx";
import { toast } from "@/ui/toast.tsx";

const secretHelp = "Stored encrypted. Only its last four characters are shown afterwards.";

const fields: FieldSpec[] = [
  {
    name: "display_phone_number",
    label: "Phone number",
    type: "tel",
    placeholder: "+91 80000 24170",
    help: "As customers see it.",
    maxLength: 40,
  },
  {
    name: "phone_number_id",
    label: "Phone number ID",
    help: "Meta’s WhatsApp Manager, API setup. Digits only.",
    maxLength: 40,
  },
  { name: "waba_id", label: "WhatsApp Business account ID", help: "On the same page.", maxLength: 40 },
  {
    name: "access_token",
    label: "Access token",
    type: "password",
    help: `A permanent token of a system user. ${secretHelp}`,
    maxLength: 1000,
  },
  {
    name: "app_secret",
    label: "App secret",
    type: "password",
    help: `App settings, Basic. It proves that webhooks come from Meta. ${secretHelp}`,
    maxLength: 200,
  },
];

/** The fields of a number, also used by the first-run page. */
export function ConnectForm({ onDone }: { onDone: () => void }) {
  const cache = useQueryClient();
  return (
    <FieldsForm
      fields={fields}
      action="Connect number"
      submit={async (values) => {
        await unwrap(
          api.POST("/api/v1/whatsapp/numbers", {
            body: {
              phone_number_id: values.phone_number_id ?? "",
              waba_id: values.waba_id ?? "",
              display_phone_number: values.display_phone_number ?? "",
              access_token: values.access_token?.trim() ?? "",
              app_secret: values.app_secret?.trim() ?? "",
            },
          }),
        );
        await cache.invalidateQueries({ queryKey: keys.numbers });
        onDone();
      }}
    />
  );
}

export function ConnectDrawer({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Connect a number" look="drawer" keep onClose={onClose}>
      <div className="body">
        <ConnectForm
          onDone={() => {
            toast("Number added. The checklist shows what is left to do.");
            onClose();
          }}
        />
      </div>
    </Dialog>
  );
}

export function SecretsDrawer({ number, onClose }: { number: WhatsAppNumber; onClose: () => void }) {
  const cache = useQueryClient();
  return (
    <Dialog title="Replace secrets" look="drawer" keep onClose={onClose}>
      <div className="body">
        <p className="lead">Leave a field empty to keep the present secret.</p>
        <FieldsForm
          fields={[
            {
              name: "access_token",
              label: "Access token",
              type: "password",
              optional: true,
              help: `Now ends in ${number.access_token_hint}.`,
              maxLength: 1000,
            },
            {
              name: "app_secret",
              label: "App secret",
              type: "password",
              optional: true,
              help: `Now ends in ${number.app_secret_hint}.`,
            },
          ]}
          action="Replace"
          submit={async ({ access_token = "", app_secret = "" }) => {
            const body = {
              ...(access_token.trim() ? { access_token: access_token.trim() } : {}),
              ...(app_secret.trim() ? { app_secret: app_secret.trim() } : {}),
            };
            if (Object.keys(body).length > 0) {
              await unwrap(
                api.PATCH("/api/v1/whatsapp/numbers/{id}", { params: { path: { id: number.id } }, body }),
              );
              await cache.invalidateQueries({ queryKey: keys.numbers });
              toast("Secrets replaced.");
            }
            onClose();
          }}
        />
      </div>
    </Dialog>
  );
}
