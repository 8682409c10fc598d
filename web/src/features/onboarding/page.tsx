import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { api } from "@/api/client.ts";
import { firstConversation } from "@/api/inbox.ts";
import { useMe } from "@/api/me.ts";
import { unwrap, words } from "@/api/problem.ts";
import { amend } from "@/api/session.ts";
import type { WhatsAppNumber } from "@/api/types.ts";
import { numbers } from "@/api/workspace.ts";
import { phone } from "@/lib/numbers.ts";
import { paths } from "@/lib/paths.ts";
import { load, save } from "@/lib/storage.ts";
import { Mark } from "@/ui/brand.tsx";
import { Button } from "@/ui/controls.tsx";
import { Icon } from "@/ui/icons.tsx";
import { toast } from "@/ui/toast.tsx";
import { Elapsed, startedAt } from "./elapsed.tsx";
import { FirstMessage } from "./first-message.tsx";
import { Preview } from "./preview.tsx";
import "./onboarding.css";

const lastStep = 3;
const askMs = 2000;

/** The first minutes: four short steps, each can be skipped, a reload goes on where one was. */
export function Welcome({
  businessForm,
  connectForm,
  connection,
  inviteForm,
}: {
  businessForm: (onDone: () => void) => ReactNode;
  connectForm: (onDone: () => void) => ReactNode;
  /** What is left to do for a number at Meta, and what works already. */
  connection: (number: WhatsAppNumber) => ReactNode;
  inviteForm: ReactNode;
}) {
  const { tenant } = useMe();
  const navigate = useNavigate();
  const connected = useQuery(numbers()).data ?? [];
  const place = `welcome.step.${tenant.id}`;
  const [step, setStep] = useState(() => Math.min(lastStep, Math.max(0, Number(load(place) ?? 0) || 0)));
  const [busy, setBusy] = useState(false);

  const go = (to: number) => {
    save(place, String(to));
    setStep(to);
  };
  const waits = step === 2 && connected.length > 0;
  const first = useQuery({
    ...firstConversation(),
    refetchInterval: ({ state }) => (waits && !state.data ? askMs : false),
  }).data;
  const finish = async (conversationId?: string) => {
    setBusy(true);
    try {
      amend({ tenant: await unwrap(api.PATCH("/api/v1/tenant", { body: { onboarded: true } })) });
      save(place, null);
      save(startedAt(tenant.id), null);
      void navigate({
        to: paths.inbox,
        params: conversationId ? { conversationId } : {},
        replace: true,
      });
    } catch (error) {
      toast(words(error), { bad: true });
      setBusy(false);
    }
  };
  const [number] = connected;

  const steps: ReadonlyArray<{ title: string; isDone: boolean; done: string; body: ReactNode }> = [
    {
      title: "Your business",
      isDone: step > 0,
      done: `${tenant.name.slice(0, 60)}, ${tenant.time_zone.replaceAll("_", " ")}`,
      body: businessForm(() => go(1)),
    },
    {
      title: "Connect a WhatsApp number",
      isDone: number !== undefined,
      done: number ? connected.map((n) => phone(n.display_phone_number)).join(", ") : "Later is fine.",
      body: number ? (
        <>
          {connection(number)}
          <Button look="pri l" onClick={() => go(2)}>
            Continue
          </Button>
        </>
      ) : (
        <>
          <p>
            The values are in Meta’s WhatsApp Manager; each field says where. Without them, look around first
            and come back later.
          </p>
          {connectForm(() => go(1))}
        </>
      ),
    },
    {
      title: "Be your first customer",
      isDone: first != null,
      done: first ? "Your first message is here." : "A message from your own phone, live.",
      body: (
        <FirstMessage
          number={number}
          first={first ?? undefined}
          busy={busy}
          onAnswer={(id) => void finish(id)}
          onConnect={() => go(1)}
        />
      ),
    },
    {
      title: "Invite a teammate",
      isDone: false,
      done: "Any time, in Settings.",
      body: (
        <>
          <p>You get a link that you send yourself, by WhatsApp or email.</p>
          {inviteForm}
        </>
      ),
    },
  ];

  return (
    <main className="ob">
      <section className="lf" aria-label="First steps">
        <div className="brand">
          <Mark size={26} />
          <b className="grow">Tarun</b>
          <Elapsed tenantId={tenant.id} />
        </div>
        <h1>Welcome. Four short steps to your first conversation.</h1>
        <p className="lede">Skip any of them. Everything can be changed later in Settings.</p>
        <ol className="sp">
          {steps.map((entry, index) => {
            // A step that was skipped is not done.
            const state = index === step ? "c" : entry.isDone ? "d" : "";
            return (
              <li
                key={entry.title}
                className={state}
                {...(state === "c" ? { "aria-current": "step" as const } : {})}
              >
                <span className="nn">{state === "d" ? <Icon name="check" size="s" /> : index + 1}</span>
                {state === "c" ? (
                  <div className="nowb">
                    <h2 className="tt">{entry.title}</h2>
                    {entry.body}
                    {index < steps.length - 1 && (
                      <Button look="ghost skip-step" onClick={() => go(index + 1)}>
                        Skip this step
                      </Button>
                    )}
                  </div>
                ) : (
                  <button type="button" className="x" onClick={() => go(index)}>
                    <b className="tt">{entry.title}</b>
                    <span>{entry.done}</span>
                  </button>
                )}
              </li>
            );
          })}
        </ol>
        <div className="end">
          <Button
            look={step === steps.length - 1 ? "l pri" : "l"}
            busy={busy}
            onClick={() => void finish(first?.id)}
          >
            Open the inbox
          </Button>
        </div>
      </section>
      <Preview business={tenant.name} first={first ?? undefined} />
    </main>
  );
}
