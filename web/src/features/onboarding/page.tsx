import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { api } from "@/api/client.ts";
import { useMe } from "@/api/me.ts";
import { unwrap, words } from "@/api/problem.ts";
import { amend } from "@/api/session.ts";
import { numbers } from "@/api/workspace.ts";
import { phone } from "@/lib/numbers.ts";
import { paths } from "@/lib/paths.ts";
import { isSimulator, simulatorUrl } from "@/lib/simulator.ts";
import { load, save } from "@/lib/storage.ts";
import { Mark } from "@/ui/brand.tsx";
import { Button } from "@/ui/controls.tsx";
import { Icon } from "@/ui/icons.tsx";
import { toast } from "@/ui/toast.tsx";
import { Preview } from "./preview.tsx";
import "./onboarding.css";

/** The first minutes: three short steps, each can be skipped, a reload goes on where one was. */
export function Welcome({
  businessForm,
  connectForm,
  inviteForm,
}: {
  businessForm: (onDone: () => void) => ReactNode;
  connectForm: (onDone: () => void) => ReactNode;
  inviteForm: ReactNode;
}) {
  const { tenant } = useMe();
  const navigate = useNavigate();
  const connected = useQuery(numbers()).data ?? [];
  const place = `welcome.step.${tenant.id}`;
  const [step, setStep] = useState(() => Math.min(2, Math.max(0, Number(load(place) ?? 0) || 0)));
  const [busy, setBusy] = useState(false);

  const go = (to: number) => {
    save(place, String(to));
    setStep(to);
  };
  const finish = async () => {
    setBusy(true);
    try {
      amend({ tenant: await unwrap(api.PATCH("/api/v1/tenant", { body: { onboarded: true } })) });
      save(place, null);
      void navigate({ to: paths.inbox, replace: true });
    } catch (error) {
      toast(words(error), { bad: true });
      setBusy(false);
    }
  };
  const simulated = connected.find(isSimulator);

  const steps: ReadonlyArray<{ title: string; done: string; body: ReactNode }> = [
    {
      title: "Your business",
      done: `${tenant.name.slice(0, 60)}, ${tenant.time_zone}`,
      body: businessForm(() => go(1)),
    },
    {
      title: "Connect a WhatsApp number",
      done:
        connected.length > 0
          ? connected.map((n) => phone(n.display_phone_number)).join(", ")
          : "Later is fine.",
      body:
        connected.length > 0 ? (
          <>
            <p>{phone(connected[0]?.display_phone_number ?? "")} is connected.</p>
            {simulated && (
              <p>
                <a className="btn" href={simulatorUrl(simulated)} target="_blank" rel="noopener">
                  <Icon name="phone" size="s" /> Open the simulator phone
                </a>
              </p>
            )}
            <Button look="pri l" onClick={() => go(2)}>
              Continue
            </Button>
          </>
        ) : (
          <>
            <p>
              The values are in Meta’s WhatsApp Manager; each field says where. Without them, look around
              first and come back later.
            </p>
            {connectForm(() => go(2))}
          </>
        ),
    },
    {
      title: "Invite a teammate",
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
          <b>Tarun</b>
        </div>
        <h1>Welcome. Three short steps to your first conversation.</h1>
        <p className="lede">Skip any of them. Everything can be changed later in Settings.</p>
        <ol className="sp">
          {steps.map((entry, index) => {
            const state = index === step ? "c" : index < step ? "d" : "";
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
          <Button look={step === steps.length - 1 ? "l pri" : "l"} busy={busy} onClick={() => void finish()}>
            Open the inbox
          </Button>
        </div>
      </section>
      <Preview business={tenant.name} />
    </main>
  );
}
